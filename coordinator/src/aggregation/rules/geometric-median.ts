/**
 * The point with the least sum of distances from the updates, by smoothed Weiszfeld iterations (Pillutla et al. 2022,
 * algorithm 2): `z <- sum_i w_i x_i / sum_i w_i` with `w_i = a_i / max(smoothing, |z - x_i|)`, from the mean. All sites
 * have the same a_i, for a claimed number of images is a lever; staler ones have less. One pass for each iteration.
 */
import type { Rule } from './rule.ts'
import { shares } from './shares.ts'

export const geometricMedian = (options: { iterations: number; smoothing: number }): Rule =>
  function* (updates) {
    const trust = shares(updates, 'uniform')
    let weights = trust
    for (let t = 0; t < options.iterations; t += 1) {
      const squares = yield { kind: 'distances-to', point: weights }
      const pulls = trust.map((a, i) => a / Math.max(options.smoothing, Math.sqrt(squares[i]!)))
      const total = pulls.reduce((sum, pull) => sum + pull, 0)
      weights = pulls.map((pull) => pull / total)
    }
    return { kind: 'weighted-sum', weights }
  }
