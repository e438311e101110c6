import type { Contribution, FoldRequest } from './fold-request.ts'
import type { Moments } from './kernels/add-moments.ts'
import type { Combination } from './rules/rule.ts'

/** What every update was in the round, by what was measured in the last pass. */
export function contributionsOf(
  { updates }: FoldRequest,
  combination: Combination,
  { squares, dots, aggregateSquare }: Moments,
): readonly Contribution[] {
  return updates.map(({ site }, i) => {
    const norm = Math.sqrt(squares[i]!)
    const product = norm * Math.sqrt(aggregateSquare)
    const cosine = product === 0 ? 0 : dots[i]! / product
    const weight =
      combination.kind === 'weighted-sum' ? combination.weights[i]! : 1 / updates.length
    // Rounding may lead a hair beyond 1.
    return { site, weight, norm, cosine: Math.max(-1, Math.min(1, cosine)) }
  })
}
