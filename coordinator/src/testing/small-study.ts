/** A plan and weights small enough to check by hand, and made-up updates for them. Tests only. */
import { createStream } from '@consilium/random'
import { parsePlan, type CohortPlan, type StudyPlan } from '@consilium/study'
import { sizeOf, type NamedArray, type NamedArrays } from '@consilium/weights'

export interface SmallPlanOptions {
  readonly sites?: number
  readonly quorum?: number
  readonly rounds?: number
  readonly deadlineSeconds?: number
  readonly cohort?: Partial<CohortPlan>
}

export const smallPlan = ({
  sites = 3,
  quorum = 2,
  rounds = 2,
  deadlineSeconds = 600,
  cohort,
}: SmallPlanOptions = {}): StudyPlan =>
  parsePlan({
    schema: 1,
    name: 'small',
    seed: 7,
    model: { units: [1], width: 4, groups: 2, stem: 'small', channels: 1 },
    data: { size: 8, preset: 'xray' },
    objective: { name: 'simclr', temperature: 0.2, projector: { hidden: 4, output: 2 } },
    optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0 },
    schedule: { rounds, localEpochs: 1, batch: 2, warmup: 0 },
    cohort: { sites, quorum, deadlineSeconds, ...cohort },
  })

const shapes: Readonly<Record<string, readonly number[]>> = {
  'backbone/stem/kernel': [3, 3, 1, 2],
  'backbone/norm/gain': [2],
  'projector/kernel': [2, 3],
}

/** 26 parameters, 20 of them in the backbone. */
export const smallWeights = (): NamedArrays => madeUpWeights(shapesOf(shapes), 'untrained')

/** Values that look like training and depend on nothing but the names given. */
export function madeUpWeights(
  model: ReadonlyMap<string, readonly number[]>,
  ...names: readonly (string | number)[]
): NamedArrays {
  return new Map(
    [...model].map(([name, shape]): [string, NamedArray] => {
      const stream = createStream(1, ...names, name)
      const data = Float32Array.from({ length: sizeOf(shape) }, () => stream.normal(0, 0.1))
      return [name, { shape, data }]
    }),
  )
}

const shapesOf = (
  record: Readonly<Record<string, readonly number[]>>,
): ReadonlyMap<string, readonly number[]> => new Map(Object.entries(record).sort())

export const shapesIn = (arrays: NamedArrays): ReadonlyMap<string, readonly number[]> =>
  new Map([...arrays].map(([name, { shape }]) => [name, shape]))
