import type { OptimiserPlan } from '@consilium/study'

/** An optimiser of sites. Tests only. */
export const sgd: OptimiserPlan = { name: 'sgd', learningRate: 1, momentum: 0, weightDecay: 0 }
