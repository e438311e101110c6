/**
 * Krum and Multi-Krum (Blanchard et al. 2017, section 4): an update's score is the sum of its squared distances from the
 * n - f - 2 nearest others; the average is over the `selected` updates of the lowest scores. Krum selects one. Some
 * implementations sum over n - f - 1; this is the paper's.
 */
import { nearestFirst } from './nearest-first.ts'
import type { Rule } from './rule.ts'

export const multiKrum = ({ f, selected }: { f: number; selected: number }): Rule =>
  function* ({ length: n }) {
    const scores = krumScores(yield { kind: 'pairwise-distances' }, { n, f })
    const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]! || a - b)
    const chosen = new Set(order.slice(0, selected))
    return {
      kind: 'weighted-sum',
      weights: scores.map((_, i) => (chosen.has(i) ? 1 / chosen.size : 0)),
    }
  }

/** `distances`: squared, `[n * n]`. */
export function krumScores(
  distances: Float64Array,
  { n, f }: { n: number; f: number },
): readonly number[] {
  return Array.from({ length: n }, (_, i) =>
    nearestFirst(distances, n, i)
      .slice(1, 1 + n - f - 2)
      .reduce((sum, j) => sum + distances[i * n + j]!, 0),
  )
}
