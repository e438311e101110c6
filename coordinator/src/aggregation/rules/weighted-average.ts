import type { Rule } from './rule.ts'
import { shares, type Weighting } from './shares.ts'

/** FedAvg (McMahan et al. 2017, algorithm 1): `sum_k n_k/n update_k`, or every site the same. */
export const weightedAverage = (weighting: Weighting): Rule =>
  // eslint-disable-next-line require-yield -- an average needs no measurement
  function* (updates) {
    return { kind: 'weighted-sum', weights: shares(updates, weighting) }
  }
