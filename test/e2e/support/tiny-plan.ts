import { parsePlan, type StudyPlan } from '@consilium/study'

export interface PlanChoice {
  readonly seed?: number
  readonly sites?: number
  readonly quorum?: number
  readonly rounds?: number
  readonly localEpochs?: number
  readonly deadlineSeconds?: number
  /** Of the network; 96 makes it a million parameters. */
  readonly width?: number
  /** Beside sites, quorum and deadline. */
  readonly cohort?: Partial<StudyPlan['cohort']>
  readonly aggregation?: StudyPlan['aggregation']
  readonly transfer?: StudyPlan['transfer']
}

/** A valid plan that trains in seconds: 16 x 16 grey pixels, two bottleneck units. */
export function tinyPlan({
  seed = 1,
  sites = 1,
  quorum = sites,
  rounds = 2,
  localEpochs = 1,
  deadlineSeconds = 600,
  width = 4,
  cohort = {},
  aggregation,
  transfer,
}: PlanChoice = {}): StudyPlan {
  return parsePlan({
    schema: 1,
    name: 'tiny',
    seed,
    model: { units: [1, 1], width, groups: 2, stem: 'small', channels: 1 },
    data: { size: 16, preset: 'xray' },
    objective: { name: 'simclr', temperature: 0.2, projector: { hidden: 8, output: 8 } },
    optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0 },
    schedule: { rounds, localEpochs, batch: 8, warmup: 0 },
    cohort: { sites, quorum, deadlineSeconds, ...cohort },
    ...(aggregation !== undefined && { aggregation }),
    ...(transfer !== undefined && { transfer }),
  })
}
