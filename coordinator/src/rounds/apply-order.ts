/** The part of the fold that follows the operator's orders. */
import type { JournalEvent } from '../journal/journal-event.ts'
import { betweenRounds } from './between-rounds.ts'
import type { Orders, StudyState } from './study-state.ts'

export type OrderEvent = Extract<
  JournalEvent,
  {
    kind: 'study-started' | 'study-paused' | 'study-resumed' | 'study-stopping' | 'study-extended'
  }
>

export function afterOrder(state: StudyState, event: OrderEvent): StudyState {
  const next = { ...state, orders: ordersAfter(state.orders, event) }
  if (event.kind === 'study-stopping' && state.phase.kind === 'gathering')
    return betweenRounds(next)
  if (event.kind !== 'study-extended' || event.deadlineMs === undefined) return next
  if (next.phase.kind !== 'collecting') return next
  const round = { ...next.phase.round, remainingMs: event.deadlineMs }
  return { ...next, phase: { kind: 'collecting', round } }
}

function ordersAfter(orders: Orders, event: OrderEvent): Orders {
  switch (event.kind) {
    case 'study-started':
      return { ...orders, held: false, startWith: event.sites ?? orders.startWith }
    case 'study-paused':
      return { ...orders, paused: event.reason === undefined ? {} : { reason: event.reason } }
    case 'study-resumed':
      return { ...orders, paused: undefined }
    case 'study-stopping':
      return {
        ...orders,
        paused: undefined,
        stopping: event.afterRound ? 'after-round' : 'now',
      }
    case 'study-extended':
      return { ...orders, rounds: event.rounds ?? orders.rounds }
  }
}
