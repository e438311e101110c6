import type { JournalEvent } from './journal-event.ts'

export type EventOf<K extends JournalEvent['kind']> = Extract<JournalEvent, { kind: K }>

/** What to do with an event of each kind. The compiler sees to it that none is forgotten. */
export type ByKind<Rest extends readonly unknown[], Result> = {
  readonly [K in JournalEvent['kind']]: (event: EventOf<K>, ...rest: Rest) => Result
}

export const pick = <Rest extends readonly unknown[], Result>(
  byKind: ByKind<Rest, Result>,
  event: JournalEvent,
): ((event: JournalEvent, ...rest: Rest) => Result) =>
  byKind[event.kind] as (event: JournalEvent, ...rest: Rest) => Result
