import type { OptimiserPlan, StudyPlan } from '@consilium/study'

/** Optimisers of sites. Tests only. */
export const sgd: OptimiserPlan = { name: 'sgd', learningRate: 1, momentum: 0, weightDecay: 0 }

/** So long that its learning rate is 1, in float32, in its first rounds. */
export const ofRateOne: StudyPlan['schedule'] = { rounds: 1e9, localEpochs: 1, batch: 2, warmup: 0 }
