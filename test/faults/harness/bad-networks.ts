/** Networks between the sites and the coordinator that cut, delay, throttle, reorder, and lose an acknowledgement. */
import { createStream } from '@consilium/random'
import { withCarried } from './agent-killed.ts'
import { caseOf, type Outcome } from './case-of.ts'
import {
  alteringTransfers,
  breakingUploads,
  cutting,
  delaying,
  losingAnswers,
  reordering,
  throttling,
  withholding,
} from './conducts.ts'
import type { End } from './enduring-site.ts'
import type { Fault, PlannedCase } from './fault.ts'
import { playStudy, SITES, type PlayOptions } from './play-study.ts'
import type { Stage } from './stage.ts'
import { optionsOf, REAL, undisturbed, type Disturbed } from './studies.ts'
import { openProxy, type Conduct } from './tcp-proxy.ts'

/** Reaches the coordinator through one proxy, which all sites share. */
export function through(stage: Stage, conduct: Conduct): Pick<PlayOptions, 'urlFor'> {
  let shared: Promise<string> | undefined
  return {
    urlFor: (_, coordinator) => (shared ??= openOn(stage, coordinator.url, conduct)),
  }
}

export async function openOn(stage: Stage, target: string, conduct: Conduct): Promise<string> {
  const proxy = await openProxy(target, conduct)
  stage.onClear(() => {
    proxy.close()
  })
  return proxy.url
}

/** Played beside the first case that needs it. */
const endOf = (stage: Stage, study: Disturbed) => async (): Promise<End> =>
  (await undisturbed(stage, study)).end

/** Cases of each study. */
type Counts = Readonly<Partial<Record<Disturbed, number>>>

const casesOf = (
  counts: Counts,
  stage: Stage,
  plan: (seed: number, study: Disturbed) => PlannedCase,
): Promise<PlannedCase[]> =>
  Promise.resolve(
    (Object.entries(counts) as [Disturbed, number][]).flatMap(([study, count]) =>
      Array.from({ length: count }, (_, i) => plan(stage.seed + i, study)),
    ),
  )

interface BadNetwork {
  readonly name: string
  readonly title: string
  /** Of small updates by sites that speak by hand, and of 4 MB each with a real agent among them. */
  readonly counts: Counts
  readonly conductOf: (seed: number, study: Disturbed) => { conduct: Conduct; words: string }
}

const network = ({ name, title, counts, conductOf }: BadNetwork): Fault => ({
  name,
  title,
  cases: (stage) =>
    casesOf(counts, stage, (seed, study) => {
      const { conduct, words } = conductOf(seed, study)
      return {
        where: `${words}, ${UPDATES[study]}`,
        run: (own, what) =>
          caseOf(what, endOf(own, study), () =>
            playStudy(own, { ...optionsOf(study), ...through(own, conduct) }),
          ),
      }
    }),
})

const UPDATES: Readonly<Record<Disturbed, string>> = {
  small: 'small updates',
  adam: 'small updates, FedAdam',
  carrying: 'int8 updates under SCAFFOLD, with a real agent',
  topK: 'top-k updates, with a real agent',
  large: 'updates of 4 MB, with a real agent',
  largeInt8: 'int8 updates of 2 MB, with a real agent',
  long: 'a long training, with a real agent',
}

/** As much as a small and a large study send. */
const scaleOf = (study: Disturbed): number => (study === 'large' ? 100 : 1)

export const networkCuts = network({
  ...{ name: 'network-cuts', title: 'connections cut after random numbers of bytes' },
  counts: { small: 6, large: 2 },
  conductOf(seed, study) {
    const bytes = 30_000 * scaleOf(study)
    const times = 6 + 4 * seed
    return {
      conduct: cutting(createStream(seed, 'cuts'), { times, bytes }),
      words: `${times} cuts within the first ${bytes} bytes`,
    }
  },
})

export const networkDelays = network({
  ...{ name: 'network-delays', title: 'everything delayed by random times' },
  counts: { small: 3, large: 1 },
  conductOf: (seed) => ({
    conduct: delaying(createStream(seed, 'delays'), 30 * seed),
    words: `up to ${30 * seed} ms`,
  }),
})

export const networkThrottled = network({
  ...{ name: 'network-throttled', title: 'a line that is slow' },
  counts: { small: 2, large: 1 },
  conductOf(seed, study) {
    const rate = Math.round((48_000 * scaleOf(study)) / seed)
    return {
      conduct: throttling(rate),
      words: `${rate} bytes/s in each connection and direction`,
    }
  },
})

export const networkReorders = network({
  name: 'network-reorders',
  title: "connections' bytes delivered in another order than sent (within one, TCP keeps it)",
  counts: { small: 4, large: 1 },
  conductOf: (seed) => ({
    conduct: reordering(createStream(seed, 'order'), 20 * seed),
    words: `gathered for ${20 * seed} ms and shuffled`,
  }),
})

interface BadTransfers {
  readonly name: string
  readonly title: string
  readonly counts: Counts
  readonly conductOf: (
    seed: number,
    times: number,
  ) => { readonly conduct: Conduct; readonly struck: () => number }
}

const transfers = ({ name, title, counts, conductOf }: BadTransfers): Fault => ({
  name,
  title,
  cases: (stage) =>
    casesOf(counts, stage, (seed, study) => {
      const times = 2 + seed
      const play = async (own: Stage): Promise<Outcome> => {
        const { conduct, struck } = conductOf(seed, times)
        const played = await playStudy(own, { ...optionsOf(study), ...through(own, conduct) })
        return { ...played, struck: struck() === times }
      }
      return {
        where: `${times} times, ${UPDATES[study]}`,
        run: (own, what) => caseOf(what, endOf(own, study), () => play(own)),
      }
    }),
})

export const uploadsBroken = transfers({
  name: 'uploads-broken',
  title: 'connections cut in the middle of a chunk of an update, others on their way',
  counts: { small: 4, large: 2 },
  conductOf(seed, times) {
    const { conduct, broken } = breakingUploads(createStream(seed, 'uploads'), times)
    return { conduct, struck: broken }
  },
})

export const chunkAnswersLost = transfers({
  name: 'chunk-answers-lost',
  title: 'a chunk of an update has arrived, and the answer to it is lost with its connection',
  counts: { small: 3, large: 2 },
  conductOf(_, times) {
    const { conduct, lost } = losingAnswers(times)
    return { conduct, struck: lost }
  },
})

export const transfersAltered = transfers({
  name: 'transfers-altered',
  title: 'a byte of a chunk of an update, or of a model, is another one when it arrives',
  counts: { small: 3, large: 2, carrying: 1 },
  conductOf(_, times) {
    const { conduct, altered } = alteringTransfers(times)
    return { conduct, struck: altered }
  },
})

/** The coordinator has an update for good, and the site never hears of it. */
export const acknowledgementLost: Fault = {
  name: 'acknowledgement-lost',
  title: 'the acknowledgement of an update that is in the journal is lost',
  async cases(stage) {
    const { end } = await undisturbed(stage, 'carrying')
    return SITES.map((site) => ({
      where: site === REAL ? `of ${site}, a real agent` : `of ${site}`,
      run: (own, what) => caseOf(what, end, () => loseAcknowledgement(own, site)),
    }))
  },
}

function loseAcknowledgement(stage: Stage, victim: string): Promise<Outcome> {
  const { conduct, lose } = withholding()
  return withCarried(stage, 'carrying', (stateFolder) =>
    playStudy(stage, {
      ...optionsOf('carrying', { stateFolder }),
      urlFor: (site, { url }) =>
        site === victim ? openOn(stage, url, conduct) : Promise.resolve(url),
      async disturb({ coordinator }) {
        await coordinator.current().event('update-spooled', ({ site }) => site === victim)
        lose()
      },
    }),
  )
}
