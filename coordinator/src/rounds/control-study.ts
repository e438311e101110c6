/**
 * The operator's orders as decisions: the facts an order adds to the study, none where it holds already. Every order may
 * be repeated. Throws ControlRefusedError.
 */
import { ControlRefusedError } from '../errors.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import { joinedSites, openRound, type StudyState } from './study-state.ts'

export type Order =
  /** `sites`: begin with so many instead of the plan's cohort. */
  | { readonly kind: 'start'; readonly sites?: number }
  | { readonly kind: 'pause'; readonly reason?: string }
  | { readonly kind: 'resume' }
  /** `afterRound`: finish the open round first, instead of dropping it. */
  | { readonly kind: 'stop'; readonly afterRound: boolean }
  /** `rounds` in all; `deadlineMs` is what the open round has left from now. */
  | { readonly kind: 'extend'; readonly rounds?: number; readonly deadlineMs?: number }

export const MAX_ROUNDS = 100_000

export const MAX_DEADLINE_MS = 30 * 24 * 3600 * 1000

export const MAX_REASON_LENGTH = 200

/** `deadlineInMs`: what the open round's deadline has left by this process's clock. */
export function decideOrder(
  state: StudyState,
  order: Order,
  deadlineInMs: number,
): readonly JournalEvent[] {
  const { phase } = state
  if (phase.kind === 'releasing' || phase.kind === 'finished' || phase.kind === 'aborted')
    return afterTheEnd(state, order)
  switch (order.kind) {
    case 'start':
      return start(state, order.sites)
    case 'pause':
      return pause(state, order.reason, deadlineInMs)
    case 'resume':
      return state.orders.paused === undefined ? [] : [{ kind: 'study-resumed' }]
    case 'stop':
      return stop(state, order.afterRound)
    case 'extend':
      return [
        ...moreRounds(state, order.rounds),
        ...moreTime(state, order.deadlineMs, deadlineInMs),
      ]
  }
}

function afterTheEnd({ phase, plan }: StudyState, order: Order): readonly JournalEvent[] {
  if (order.kind === 'stop') return []
  const end = phase.kind === 'aborted' ? 'was aborted' : 'has had its last round'
  throw new ControlRefusedError({
    code: 'CONTROL_STUDY_ENDED',
    message: `Study ${plan.name} ${end}: it cannot ${order.kind} any more. Start a new study with another --state; --initial takes the weights to go on from.`,
  })
}

function start(state: StudyState, sites: number | undefined): readonly JournalEvent[] {
  const { orders, phase, plan } = state
  if (phase.kind !== 'gathering' || phase.round > 1) return []
  if (sites === undefined) return orders.held ? [{ kind: 'study-started' }] : []
  const { quorum } = plan.cohort
  if (sites < quorum || sites > plan.cohort.sites) {
    throw new ControlRefusedError({
      code: 'CONTROL_COHORT',
      message: `The study cannot start with ${sites} sites: its plan has a quorum of ${quorum} and a cohort of ${plan.cohort.sites}. Choose a number from ${quorum} to ${plan.cohort.sites}.`,
    })
  }
  const isSo = !orders.held && orders.startWith === sites
  return isSo ? [] : [{ kind: 'study-started', sites }]
}

/** With the first one goes what is left of the deadline: it counts on from there. */
function pause(
  state: StudyState,
  reason: string | undefined,
  deadlineInMs: number,
): readonly JournalEvent[] {
  const { paused } = state.orders
  refuseWhileStopping(state.orders, 'pause')
  const isSo = paused !== undefined && (reason === undefined || paused.reason === reason)
  if (isSo) return []
  const event: JournalEvent = { kind: 'study-paused', ...(reason !== undefined && { reason }) }
  const open = paused === undefined ? openRound(state) : undefined
  if (open === undefined) return [event]
  const remainingMs = Math.round(deadlineInMs)
  return [event, { kind: 'deadline-noted', round: open.round, remainingMs }]
}

/** A stop that drops the round takes the place of one that waits for it, not the other way round. */
function stop({ orders }: StudyState, afterRound: boolean): readonly JournalEvent[] {
  const isSo = orders.stopping === 'now' || (orders.stopping === 'after-round' && afterRound)
  return isSo ? [] : [{ kind: 'study-stopping', afterRound }]
}

function moreRounds(state: StudyState, rounds: number | undefined): readonly JournalEvent[] {
  const { orders } = state
  if (rounds === undefined || rounds === orders.rounds) return []
  refuseWhileStopping(orders, 'extend')
  if (rounds < orders.rounds || rounds > MAX_ROUNDS) {
    throw new ControlRefusedError({
      code: 'CONTROL_ROUNDS',
      message: `The study cannot have ${rounds} rounds in all: it has ${orders.rounds} now, and ${MAX_ROUNDS} are the most. Give a larger number, or stop the study to end it sooner.`,
    })
  }
  return [{ kind: 'study-extended', rounds }]
}

function moreTime(
  state: StudyState,
  deadlineMs: number | undefined,
  deadlineInMs: number,
): readonly JournalEvent[] {
  if (deadlineMs === undefined) return []
  const open = openRound(state)
  if (open === undefined) {
    throw new ControlRefusedError({
      code: 'CONTROL_NO_OPEN_ROUND',
      message: `No round is open, so there is no deadline to extend: ${joinedSites(state).length} sites are joined. Ask \`consilium status\` what the study waits for.`,
      retryable: true,
    })
  }
  if (deadlineMs > MAX_DEADLINE_MS || deadlineMs < deadlineInMs) {
    throw new ControlRefusedError({
      code: 'CONTROL_DEADLINE',
      message: `The deadline of round ${open.round} cannot be ${Math.round(deadlineMs / 1000)} s from now: it has ${Math.round(deadlineInMs / 1000)} s left, and 30 days are the most. Give a longer time.`,
    })
  }
  return [{ kind: 'study-extended', deadlineMs }]
}

function refuseWhileStopping({ stopping }: StudyState['orders'], what: string): void {
  if (stopping === undefined) return
  throw new ControlRefusedError({
    code: 'CONTROL_STOPPING',
    message: `The study is being stopped: it cannot ${what} any more. Wait for its release.`,
  })
}
