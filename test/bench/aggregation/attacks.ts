/** What hostile sites send. They know every honest update, the worst that the papers assume. */
import type { Stream } from '@consilium/random'

export interface Attack {
  readonly name: string
  readonly about: string
  readonly send: (from: AttackView) => Float64Array
  /** Images claimed for one that an honest site has; absent: 1. */
  readonly claim?: number
}

export interface AttackView {
  readonly honest: readonly Float64Array[]
  /** What the site would send if it were honest. */
  readonly own: Float64Array
  readonly stream: Stream
}

const SIGN_FLIP = 4
const SCALE = 20
const NOISE_STD_DEV = 200
const ALIE_Z = 1.5
const INNER_PRODUCT = 0.5
const CLAIM = 1e6

const flipped = (honest: readonly Float64Array[], by: number): Float64Array =>
  meanOf(honest).map((value) => -by * value)

export const attacks: readonly Attack[] = [
  { name: 'none', about: 'all sites are honest', send: ({ own }) => own },
  {
    name: 'sign flip',
    about: `-${SIGN_FLIP} times the honest mean`,
    send: ({ honest }) => flipped(honest, SIGN_FLIP),
  },
  {
    name: 'scaled',
    about: `its own update times ${SCALE} (model replacement, Bagdasaryan et al. 2020)`,
    send: ({ own }) => own.map((value) => SCALE * value),
  },
  {
    name: 'noise',
    about: `normal noise of standard deviation ${NOISE_STD_DEV}`,
    send: ({ own, stream }) => own.map(() => stream.normal(0, NOISE_STD_DEV)),
  },
  {
    name: 'ALIE',
    about: `honest mean - ${ALIE_Z} standard deviations, coordinate by coordinate (Baruch et al. 2019)`,
    send: littleIsEnough,
  },
  {
    name: 'IPM',
    about: `-${INNER_PRODUCT} times the honest mean (Xie et al. 2020)`,
    send: ({ honest }) => flipped(honest, INNER_PRODUCT),
  },
  {
    name: 'mimic',
    about: 'the first honest update again (Karimireddy et al. 2022)',
    send: ({ honest }) => honest[0]!,
  },
  {
    name: 'claim',
    about: 'minus the honest mean, with a million times the images',
    send: ({ honest }) => flipped(honest, 1),
    claim: CLAIM,
  },
]

function littleIsEnough({ honest }: AttackView): Float64Array {
  const mean = meanOf(honest)
  return mean.map((centre, c) => {
    const squares = honest.reduce((sum, update) => sum + (update[c]! - centre) ** 2, 0)
    return centre - ALIE_Z * Math.sqrt(squares / (honest.length - 1))
  })
}

export function meanOf(vectors: readonly Float64Array[]): Float64Array {
  return vectors[0]!.map((_, c) => vectors.reduce((sum, v) => sum + v[c]!, 0) / vectors.length)
}
