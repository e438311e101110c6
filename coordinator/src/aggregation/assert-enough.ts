import { minimumCohort } from '@consilium/study'
import { CohortTooSmallError } from '../errors.ts'
import type { FoldRequest } from './fold-request.ts'

/** Throws COHORT_TOO_SMALL. */
export function assertEnough({ aggregation, updates }: FoldRequest): void {
  const { updates: needed, reason } = minimumCohort(aggregation)
  if (updates.length < needed) {
    throw new CohortTooSmallError({
      ...{ rule: aggregation.rule, updates: updates.length },
      ...{ needed, reason },
    })
  }
}
