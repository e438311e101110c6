/** Sites whose update will be late, where the plan has a use for it. */
import type { StudyPlan } from '@consilium/study'
import { openRound, outstandingSites, type StudyState } from './study-state.ts'

export interface Tolerance {
  /** A stale update weighs (1 + rounds behind) ^ -exponent of a fresh one. */
  readonly exponent: number
  /** An update further behind is refused. */
  readonly maxStaleness: number
}

/** Undefined where a late update is refused. */
export function toleranceOf({ cohort }: StudyPlan): Tolerance | undefined {
  const { asynchronous, late } = cohort
  return asynchronous ?? (late?.fate === 'weigh' ? late : undefined)
}

/** Those who are still behind by a bearable number of rounds when round `round` opens. */
export function stragglersOf({ plan, stragglers }: StudyState, round: number): Stragglers {
  const max = toleranceOf(plan)?.maxStaleness ?? 0
  return new Map([...stragglers].filter(([, of]) => round - of <= max))
}

/** With those of whom the round that closes has heard nothing. */
export function withThoseBehind(state: StudyState): Stragglers {
  const open = openRound(state)
  if (open === undefined || toleranceOf(state.plan) === undefined) return state.stragglers
  const behind = outstandingSites(open).filter((site) => state.members.get(site)?.joined)
  return new Map([
    ...state.stragglers,
    ...behind.map((site): [string, number] => [site, open.round]),
  ])
}

export function withoutStraggler(state: StudyState, site: string): StudyState {
  if (!state.stragglers.has(site)) return state
  return {
    ...state,
    stragglers: new Map([...state.stragglers].filter(([straggler]) => straggler !== site)),
  }
}

type Stragglers = StudyState['stragglers']
