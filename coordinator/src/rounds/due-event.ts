/** Which fact the state of a study makes due. */
import type { JournalEvent } from '../journal/journal-event.ts'
import {
  joinedSites,
  openRound,
  outstandingSites,
  type Round,
  type StudyState,
} from './study-state.ts'

/** At most one is due: once it is in the state, the next may be. */
export const dueEvent = (state: StudyState): JournalEvent | undefined =>
  dueStop(state) ?? dueOpening(state) ?? dueClosing(state) ?? dueCommit(state)

/** What the deadline of a round brings about; undefined if the round is not open any more, or stands still. */
export function atDeadline(state: StudyState, of: number): JournalEvent | undefined {
  const open = openRound(state)
  if (open?.round !== of || state.orders.paused !== undefined) return undefined
  const { quorum } = state.plan.cohort
  const updates = open.updates.length
  if (updates >= quorum) return closing(open, 'deadline')
  return { kind: 'deadline-extended', round: open.round, updates, quorum }
}

/** A stopped study drops the open round, if it is not to be finished, and cannot release what it has not got. */
function dueStop({ phase, orders, rounds }: StudyState): JournalEvent | undefined {
  if (orders.stopping === 'now' && phase.kind === 'collecting')
    return { kind: 'round-dropped', round: phase.round.round }
  if (orders.stopping === undefined || phase.kind !== 'gathering' || rounds.length > 0)
    return undefined
  return {
    kind: 'study-aborted',
    code: 'STUDY_STOPPED',
    message:
      'The operator stopped the study before its first round was committed, so there is no model to release. Start a new study.',
  }
}

/** The first round waits for the whole cohort; a later one for a quorum of those who are still there. */
function dueOpening(state: StudyState): JournalEvent | undefined {
  const { phase, orders, plan, model } = state
  if (phase.kind !== 'gathering' || orders.held || orders.paused !== undefined) return undefined
  if (orders.stopping !== undefined) return undefined
  const { round } = phase
  const invited = joinedSites(state)
  if (invited.length < (round === 1 ? orders.startWith : plan.cohort.quorum)) return undefined
  return { kind: 'round-opened', round, base: model.sha256, invited }
}

function dueClosing(state: StudyState): JournalEvent | undefined {
  const open = openRound(state)
  if (open === undefined) return undefined
  const { quorum } = state.plan.cohort
  const outstanding = outstandingSites(open)
  if (open.updates.length + outstanding.length < quorum) return abortion(state, open)
  const awaited = outstanding.filter((site) => state.members.get(site)?.joined)
  if (awaited.length > 0 || open.updates.length < quorum) return undefined
  return closing(open, 'all-reported')
}

function dueCommit({ phase }: StudyState): JournalEvent | undefined {
  if (phase.kind !== 'folded') return undefined
  const { round, model, meanLoss } = phase.round
  return { kind: 'round-committed', round, model, meanLoss }
}

function closing(round: Round, reason: 'all-reported' | 'deadline'): JournalEvent {
  const contributors = round.updates.map(({ site }) => site).sort()
  const missing = round.invited.filter((site) => !contributors.includes(site))
  return { kind: 'round-closed', round: round.round, reason, contributors, missing }
}

function abortion({ plan }: StudyState, { round, failures }: Round): JournalEvent {
  const failed = failures.map(({ site, code }) => `${site} (${code})`).join(', ')
  return {
    kind: 'study-aborted',
    code: 'STUDY_QUORUM_IMPOSSIBLE',
    message: `Round ${round} cannot reach its quorum of ${plan.cohort.quorum}: it failed at ${failed}. Look at these sites' own logs, correct the cause or the study plan, and start a new study.`,
  }
}
