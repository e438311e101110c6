import { nearestFirst } from './nearest-first.ts'
import type { Rule } from './rule.ts'

/**
 * Nearest-neighbour mixing (Allouah et al. 2023, algorithm 2), then the trimmed mean: every update is first replaced by
 * the mean of the n - f updates nearest to it, itself among them. Honest sites with unlike data then differ less.
 */
export const nnmTrimmedMean = (f: number): Rule =>
  function* ({ length: n }) {
    const distances = yield { kind: 'pairwise-distances' }
    const mixtures = Array.from({ length: n }, (_, i) =>
      nearestFirst(distances, n, i)
        .slice(0, n - f)
        .sort((a, b) => a - b),
    )
    return { kind: 'trimmed-mean', drop: f, mixtures }
  }
