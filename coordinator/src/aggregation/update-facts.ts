import type { FoldRequest } from './fold-request.ts'
import type { UpdateFacts } from './rules/rule.ts'

/** What rules know of the updates beforehand. A claim of no step at all counts as one. */
export const updateFacts = ({ updates, stalenessExponent }: FoldRequest): readonly UpdateFacts[] =>
  updates.map(({ samples, steps, staleness = 0 }) => ({
    samples,
    steps: Math.max(1, steps),
    freshness: (1 + staleness) ** -stalenessExponent,
  }))
