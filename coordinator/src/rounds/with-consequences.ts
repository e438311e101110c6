import type { JournalEvent } from '../journal/journal-event.ts'
import { step } from './round-machine.ts'
import type { StudyState } from './study-state.ts'

/** The facts in order, each followed by the facts that the round machine makes of it. */
export function withConsequences(
  state: StudyState,
  events: readonly JournalEvent[],
): readonly JournalEvent[] {
  const all: JournalEvent[] = []
  let current = state
  const take = (event: JournalEvent): void => {
    all.push(event)
    const next = step(current, event)
    current = next.state
    for (const effect of next.effects) if (effect.kind === 'record') take(effect.event)
  }
  events.forEach(take)
  return all
}
