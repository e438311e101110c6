import { parsePlan, planDigest, type StudyPlan } from '@consilium/study'
import { z } from 'zod'
import { CoordinatorAnswerError, PlanMismatchError } from '../errors.ts'
import { requestJson } from './bulk-http.ts'

const studySchema = z.object({ plan: z.unknown(), planSha256: z.string() })

export interface Study {
  readonly plan: StudyPlan
  readonly planSha256: string
}

/**
 * The study plan a coordinator publishes: a site looks at it, and at its own data, before it joins.
 * Throws STUDY_PLAN_MISMATCH, STUDY_INVALID_PLAN and what `requestJson` throws.
 */
export async function fetchStudy(url: string, signal: AbortSignal): Promise<Study> {
  const address = `${url}/v1/study`
  const parsed = studySchema.safeParse(await requestJson({ url: address, signal }))
  if (!parsed.success)
    throw new CoordinatorAnswerError({ url: address, got: 'no study', retryable: false })
  const plan = parsePlan(parsed.data.plan)
  return { plan, planSha256: checkDigest(planDigest(plan), parsed.data.planSha256) }
}

function checkDigest(expected: string, got: string): string {
  if (expected !== got) throw new PlanMismatchError({ expected, got })
  return expected
}
