/**
 * Centred clipping (Karimireddy et al. 2021, section 4): `v <- v + 1/n sum_i (x_i - v) min(1, radius / |x_i - v|)`. The
 * centre it starts from is no change at all, v = 0: updates are changes of the model, so it is bounded by
 * `iterations * radius` whoever sends what. v stays a weighted sum of the updates, so only their weights are kept. One
 * pass for each iteration.
 */
import type { Rule } from './rule.ts'
import { shares } from './shares.ts'

export const centredClipping = (options: { radius: number; iterations: number }): Rule =>
  function* (updates) {
    const trust = shares(updates, 'uniform')
    let weights = trust.map(() => 0)
    for (let t = 0; t < options.iterations; t += 1) {
      const squares = yield { kind: 'distances-to', point: weights }
      const pulls = trust.map((share, i) => share * clipping(options.radius, squares[i]!))
      const kept = 1 - pulls.reduce((sum, pull) => sum + pull, 0)
      weights = weights.map((weight, i) => kept * weight + pulls[i]!)
    }
    return { kind: 'weighted-sum', weights }
  }

/** min(1, radius / distance); at no distance, 1. */
const clipping = (radius: number, square: number): number =>
  square <= radius * radius ? 1 : radius / Math.sqrt(square)
