import type { ClosedRound } from './study-state.ts'

const REASONS = {
  'all-reported': 'with all reports in',
  enough: 'with enough updates',
  deadline: 'at its deadline',
} as const

/** Why a round closed and who is in it, for people: "at its deadline: bern, oslo; missing rome". */
export function describeClosing({
  reason,
  contributors,
  missing,
}: Pick<ClosedRound, 'reason' | 'contributors' | 'missing'>): string {
  const without = missing.length > 0 ? `; missing ${missing.join(', ')}` : ''
  return `${REASONS[reason]}: ${contributors.join(', ')}${without}`
}
