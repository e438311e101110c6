import { parsePlan, type StudyPlan } from '@consilium/study'

/** A valid plan of two rounds for 8 x 8 grey images. */
export const smallPlan: StudyPlan = parsePlan({
  schema: 1,
  name: 'small-study',
  seed: 1,
  model: { units: [1], width: 8, groups: 8, stem: 'small', channels: 1 },
  data: { size: 8, preset: 'xray' },
  objective: { name: 'simclr', temperature: 0.2, projector: { hidden: 8, output: 8 } },
  optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0 },
  schedule: { rounds: 2, localEpochs: 1, batch: 4, warmup: 0 },
  cohort: { sites: 1, quorum: 1, deadlineSeconds: 60 },
})
