import type { JournalEntry, JournalEvent } from './journal-event.ts'

/**
 * An append-only record of a study, which several coordinators may share. Appending compares first: facts that were
 * decided on an older state than the newest are not recorded. Every implementation passes journal-contract.ts.
 */
export interface Journal {
  /** Resolves when the outcome would survive a power cut. */
  append(facts: Facts): Promise<AppendOutcome>
  /** Entries with a sequence number above `seq`, in order, at most `limit`. */
  after(seq: number, limit: number): Promise<readonly JournalEntry[]>
  /**
   * Calls back with the number of the newest entry when anybody, this process included, has appended. May call too
   * often; calls at the latest a few seconds after the fact. Returns the way to stop.
   */
  onAppended(listener: (seq: number) => void): () => void
  close(): Promise<void>
}

/** The facts of one decision: all of them are recorded or none. */
export interface Facts {
  readonly events: readonly JournalEvent[]
  /** Number of the last entry the decision knew of, 0 for an empty journal. */
  readonly after: number
  /** Token of the lease the decision was made under (store/lease.ts), if it needs one. */
  readonly token?: number
}

export type AppendOutcome =
  | { readonly kind: 'appended'; readonly entries: readonly JournalEntry[] }
  /** Somebody was faster: read on and decide again. */
  | { readonly kind: 'conflict' }
  /** Another coordinator has taken the lease since. */
  | { readonly kind: 'fenced' }

/** Entries read at a time. */
export const JOURNAL_PAGE = 500

/** Every entry after `seq`, page by page. */
export async function* readJournal(
  journal: Pick<Journal, 'after'>,
  seq = 0,
): AsyncGenerator<JournalEntry> {
  let cursor = seq
  for (;;) {
    const page = await journal.after(cursor, JOURNAL_PAGE)
    yield* page
    if (page.length < JOURNAL_PAGE) return
    cursor = page.at(-1)!.seq
  }
}
