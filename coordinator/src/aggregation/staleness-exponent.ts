import type { StudyPlan } from '@consilium/study'

/** A plan's exponent of `(1 + staleness) ^ -exponent`; 0, which weighs all the same, where no update may be stale. */
export function stalenessExponent({ cohort }: StudyPlan): number {
  const { asynchronous, late } = cohort
  return asynchronous?.exponent ?? (late?.fate === 'weigh' ? late.exponent : 0)
}
