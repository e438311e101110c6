/** The studies of the benchmark: networks of a known size, hardly any training around them. */
import type { StudyPlan } from '@consilium/study'

interface Choice {
  readonly name: string
  readonly model: StudyPlan['model']
  readonly sites: number
  readonly rounds: number
}

/** BiT-R50x1 with a projector of nearly nothing: 23.5 M parameters. */
export const r50Plan = ({ sites, rounds }: Pick<Choice, 'sites' | 'rounds'>): StudyPlan =>
  planOf({
    name: 'bench-r50x1',
    model: { units: [3, 4, 6, 3], width: 64, groups: 32, stem: 'imagenet', channels: 3 },
    ...{ sites, rounds },
  })

/** 1.1 M parameters. */
export const millionPlan = ({ sites }: Pick<Choice, 'sites'>): StudyPlan =>
  planOf({
    name: 'bench-million',
    model: { units: [1, 1, 1, 1], width: 24, groups: 8, stem: 'small', channels: 1 },
    ...{ sites, rounds: 1 },
  })

const planOf = ({ name, model, sites, rounds }: Choice): StudyPlan => ({
  schema: 1,
  name,
  seed: 1,
  model,
  data: { size: 32, preset: 'xray' },
  objective: { name: 'simclr', temperature: 0.2, projector: { hidden: 1, output: 1 } },
  optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0 },
  schedule: { rounds, localEpochs: 1, batch: 8, warmup: 0 },
  cohort: { sites, quorum: sites, deadlineSeconds: 3600 },
})
