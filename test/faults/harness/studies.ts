/** The studies that are disturbed, and each of them undisturbed: what the others are compared with. Played once. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StudyPlan } from '@consilium/study'
import { sha256 } from '@consilium/weights'
import { tinyPlan, type PlanChoice } from '../../e2e/support/tiny-plan.ts'
import type { End } from './enduring-site.ts'
import { listing, type Watchable } from './kill-points.ts'
import { playStudy, SITES, type PlayOptions } from './play-study.ts'
import type { Stage } from './stage.ts'

/** The site that is a process of the program where one is. */
export const REAL = 'bern'

/** A checkpoint as often as the schedule allows. */
export const OFTEN = ['--checkpoint-seconds', '1'] as const

const sites = SITES.length

const packed = (
  first: NonNullable<StudyPlan['transfer']>['formats'][number],
  choice: Pick<PlanChoice, 'width' | 'aggregation'> = {},
) =>
  tinyPlan({
    ...{ sites, rounds: 3, ...choice },
    transfer: { formats: [first, { format: 'float32' }] },
  })

export const plans = {
  /** Small enough that a study takes a second. */
  small: tinyPlan({ sites, rounds: 2 }),
  /** The coordinator's optimiser carries something from round to round. */
  adam: tinyPlan({
    ...{ sites, rounds: 3 },
    aggregation: {
      ...{ rule: 'fedadam', weighting: 'samples', serverLearningRate: 0.1 },
      ...{ beta1: 0.9, beta2: 0.99, tau: 0.001 },
    },
  }),
  /**
   * The real site rounds to 8 bits; what it leaves unsaid is kept and goes into its next update. Its control variate (SCAFFOLD)
   * is kept likewise.
   */
  carrying: packed(
    { format: 'int8', block: 16 },
    { aggregation: { rule: 'scaffold', serverLearningRate: 1 } },
  ),
  /** It sends a tenth of its values. */
  topK: packed({ format: 'top-k', fraction: 0.1 }),
  /** Updates of 4 MB: an agent cuts them into 4 chunks and sends 3 at a time. */
  large: tinyPlan({ sites, rounds: 2, width: 96 }),
  /** Updates of 2 MB: 2 chunks. */
  largeInt8: packed({ format: 'int8', block: 256 }, { width: 128 }),
  /** So long that several checkpoints are written in a round. */
  long: tinyPlan({ sites, rounds: 1, localEpochs: 400 }),
} as const

export type Disturbed = keyof typeof plans

/** Whose operations on the disk are listed. Where it is the coordinator, all sites speak the protocol by hand. */
const watched = {
  small: 'consilium',
  adam: 'consilium',
  carrying: 'consilium-site',
  topK: 'consilium-site',
  large: 'consilium-site',
  largeInt8: 'consilium-site',
  long: 'trainer',
} as const satisfies Record<Disturbed, Watchable>

const isByHand = (study: Disturbed): boolean => watched[study] === 'consilium'

export interface Undisturbed {
  readonly end: End
  readonly operations: readonly string[]
  readonly seconds: number
  /** What the real site carries on from its last update. */
  readonly carried: Carried
}

const known = new Map<Disturbed, Promise<Undisturbed>>()

export function undisturbed(stage: Stage, study: Disturbed): Promise<Undisturbed> {
  const found = known.get(study) ?? play(stage, study)
  known.set(study, found)
  return found
}

/** One of them, with a real agent among its sites, or none. */
export const optionsOf = (
  study: Disturbed,
  agent: NonNullable<PlayOptions['agents']>[string] = {},
): PlayOptions => ({
  plan: plans[study],
  ...(!isByHand(study) && { agents: { [REAL]: { args: OFTEN, ...agent } } }),
})

async function play(stage: Stage, study: Disturbed): Promise<Undisturbed> {
  const { surroundings, operations } = listing(watched[study], stage.newFolder())
  const around = { surroundings: () => surroundings }
  const stateFolder = stage.newFolder()
  const began = performance.now()
  const { end, problems } = await playStudy(stage, {
    ...optionsOf(study, { ...around, stateFolder }),
    ...(isByHand(study) && around),
  })
  if (problems.length > 0) throw new Error(`The undisturbed study failed: ${problems.join('; ')}`)
  const seconds = (performance.now() - began) / 1000
  const carried = carriedIn(stateFolder)
  assertCarried(study, carried)
  return { end, operations: operations(), seconds, carried }
}

/** What the study is there for must have happened in it. */
function assertCarried(study: Disturbed, { residual, control }: Carried): void {
  const { aggregation, transfer }: StudyPlan = plans[study]
  const isScaffold = aggregation?.rule === 'scaffold'
  if ((residual === undefined) !== (transfer === undefined))
    throw new Error(
      `${REAL} should have kept what its updates leave unsaid only where it packs them.`,
    )
  if ((control === undefined) === isScaffold)
    throw new Error(`${REAL} should have kept a control variate only under SCAFFOLD.`)
}

/** Digests of what a site's updates have left unsaid, and of its control variate; undefined where there is none. */
export type Carried = Readonly<Record<'residual' | 'control', string | undefined>>

export function carriedIn(stateFolder: string): Carried {
  const digest = (name: string): string | undefined => {
    const file = join(stateFolder, `${name}.safetensors`)
    return existsSync(file) ? sha256(readFileSync(file)) : undefined
  }
  return { residual: digest('residual'), control: digest('control') }
}
