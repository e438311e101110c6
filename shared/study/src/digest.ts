import { createHash } from 'node:crypto'
import type { StudyPlan } from './plan.ts'

/** JSON with sorted keys and no spaces: equal values give equal text. Numbers print as ECMAScript prints them. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  )
}

/** SHA-256 (hexadecimal) of the canonical JSON of a plan. */
export const planDigest = (plan: StudyPlan): string =>
  createHash('sha256').update(canonicalJson(plan)).digest('hex')
