import type { StudyState } from './study-state.ts'

/** The phase once no round is open: the next one waits for its sites, or what there is gets released. */
export function betweenRounds(state: StudyState): StudyState {
  const { rounds, orders } = state
  const isOver =
    rounds.length >= orders.rounds || (orders.stopping !== undefined && rounds.length > 0)
  return {
    ...state,
    phase: isOver ? { kind: 'releasing' } : { kind: 'gathering', round: rounds.length + 1 },
  }
}
