/** Which fact the state of a study makes due. */
import type { ClosingReason, JournalEvent } from '../journal/journal-event.ts'
import { chooseCohort, presentUpdates, substitutes } from './choose-cohort.ts'
import { stragglersOf, toleranceOf } from './stragglers.ts'
import {
  joinedSites,
  openRound,
  outstandingSites,
  type Round,
  type StudyState,
} from './study-state.ts'

/** At most one is due: once it is in the state, the next may be. */
export const dueEvent = (state: StudyState): JournalEvent | undefined =>
  dueStop(state) ??
  dueOpening(state) ??
  dueInvitations(state) ??
  dueClosing(state) ??
  dueCommit(state)

/** What the deadline of a round brings about; undefined if the round is not open any more, or stands still. */
export function atDeadline(state: StudyState, of: number): JournalEvent | undefined {
  const open = openRound(state)
  if (open?.round !== of || state.orders.paused !== undefined) return undefined
  const { quorum } = state.plan.cohort
  const updates = open.updates.length
  if (updates >= quorum) return closing(open, 'deadline')
  return { kind: 'deadline-extended', round: open.round, updates, quorum }
}

/** A stopped study drops the open round, if it is not to be finished or cannot be, and does not release what it has not got. */
function dueStop(state: StudyState): JournalEvent | undefined {
  const { phase, orders, rounds } = state
  if (orders.stopping === undefined) return undefined
  const open = openRound(state)
  if (open !== undefined) {
    const isInVain = rounds.length > 0 && !canReachQuorum(state, open)
    const isDropped = orders.stopping === 'now' || isInVain
    return isDropped ? { kind: 'round-dropped', round: open.round } : undefined
  }
  if (phase.kind !== 'gathering' || rounds.length > 0) return undefined
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
  if (round === 1 && joinedSites(state).length < orders.startWith) return undefined
  const { invited, wanted } = chooseCohort(state, round)
  const { size: behind } = stragglersOf(state, round)
  if (invited.length + behind < plan.cohort.quorum) return undefined
  const event = { kind: 'round-opened', round, base: model.sha256, invited } as const
  return wanted === undefined ? event : { ...event, wanted }
}

function dueInvitations(state: StudyState): JournalEvent | undefined {
  const open = openRound(state)
  if (open === undefined || state.orders.paused !== undefined) return undefined
  if (isEnough(state, open)) return undefined
  const sites = substitutes(state, open)
  return sites.length === 0 ? undefined : { kind: 'sites-invited', round: open.round, sites }
}

function dueClosing(state: StudyState): JournalEvent | undefined {
  const open = openRound(state)
  if (open === undefined) return undefined
  // While a study is paused, its operator may still stop it and keep what there is.
  if (!canReachQuorum(state, open))
    return state.orders.paused === undefined ? abortion(state, open) : undefined
  if (open.updates.length < state.plan.cohort.quorum) return undefined
  if (!isAnybodyAwaited(state, open)) return closing(open, 'all-reported')
  return isEnough(state, open) ? closing(open, 'enough') : undefined
}

const isEnough = (state: StudyState, open: Round): boolean =>
  open.wanted !== undefined && presentUpdates(state, open) >= open.wanted

/** Without rounds, those who are behind are awaited too: their updates fill the buffer. */
function isAnybodyAwaited(state: StudyState, open: Round): boolean {
  const isBufferFilled = state.plan.cohort.asynchronous !== undefined
  if (isBufferFilled && state.stragglers.size > 0) return true
  return outstandingSites(open).some((site) => state.members.get(site)?.joined)
}

/** Where others may be invited, or deliver late, every member that has not failed may still make the quorum. */
function canReachQuorum({ plan, members }: StudyState, open: Round): boolean {
  const { updates, failures } = open
  if (failures.length === 0) return true
  const isFixed = open.wanted === undefined && toleranceOf(plan) === undefined
  const reported = new Set([...updates, ...failures].map(({ site }) => site))
  const others = [...members.keys()].filter((site) => !reported.has(site))
  const possible = isFixed ? outstandingSites(open) : others
  return updates.length + possible.length >= plan.cohort.quorum
}

function dueCommit({ phase }: StudyState): JournalEvent | undefined {
  if (phase.kind !== 'folded') return undefined
  const { round, model, meanLoss } = phase.round
  return { kind: 'round-committed', round, model, meanLoss }
}

function closing(round: Round, reason: ClosingReason): JournalEvent {
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
