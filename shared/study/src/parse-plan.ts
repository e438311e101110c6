import type { z } from 'zod'
import { InvalidPlanError } from './errors.ts'
import { planSchema, type StudyPlan } from './plan.ts'

/** Checks an unknown value and returns the plan in it. Throws STUDY_INVALID_PLAN listing every wrong field. */
export function parsePlan(value: unknown): StudyPlan {
  const result = planSchema.safeParse(value)
  if (result.success) return result.data
  throw new InvalidPlanError(result.error.issues.map(describe))
}

const describe = ({ path, message }: z.core.$ZodIssue): string =>
  `${path.length > 0 ? path.join('.') : 'the plan'}: ${message}`
