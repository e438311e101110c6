import type { UpdateFacts } from './rule.ts'

export type Weighting = 'samples' | 'uniform'

/** What each update weighs in an average; they add up to 1. */
export function shares(updates: readonly UpdateFacts[], weighting: Weighting): readonly number[] {
  const weights = updates.map(
    ({ samples, freshness }) => freshness * (weighting === 'samples' ? samples : 1),
  )
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}
