import { currentRound, type StudyState } from '../rounds/study-state.ts'

/** What a coordinator found at its start, as facts. */
export interface Recovery {
  readonly study: string
  /** Entries of the journal. */
  readonly events: number
  /** From the start of the process until it was ready. */
  readonly seconds: number
  /** The round it goes on with; none once the last is over. */
  readonly round?: number
}

export function recoveryOf(state: StudyState, seconds: number): Recovery {
  const { plan, phase, seq } = state
  const round = phase.kind === 'gathering' ? phase.round : currentRound(state)?.round
  return { study: plan.name, events: seq, seconds, ...(round === undefined ? {} : { round }) }
}

export function describeRecovery(state: StudyState, recovery: Recovery): string {
  const { study, events, seconds, round } = recovery
  const where = round === undefined ? state.phase.kind : `round ${round} of ${state.orders.rounds}`
  return `Recovered study ${study}: ${where}, in ${seconds.toFixed(1)} s from ${events} ${events === 1 ? 'event' : 'events'}`
}
