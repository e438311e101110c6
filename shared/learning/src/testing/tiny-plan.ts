import { parsePlan, type StudyPlan } from '@consilium/study'

/** A study that trains in a second. */
export const tinyPlan = (changes: Partial<StudyPlan> = {}): StudyPlan =>
  parsePlan({
    schema: 1,
    name: 'tiny',
    seed: 1,
    model: { units: [1, 1], width: 4, groups: 2, stem: 'small', channels: 1 },
    data: { size: 8, preset: 'xray' },
    objective: { name: 'simclr', temperature: 0.2, projector: { hidden: 16, output: 8 } },
    optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 },
    schedule: { rounds: 3, localEpochs: 2, batch: 16, warmup: 0.1 },
    cohort: { sites: 1, quorum: 1, deadlineSeconds: 60 },
    ...changes,
  })
