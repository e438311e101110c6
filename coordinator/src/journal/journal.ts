import type { JournalEntry, JournalEvent } from './journal-event.ts'

/** An append-only record of a study. Every implementation passes journal-contract.ts. */
export interface Journal {
  /** Resolves when the event would survive a power cut. One append at a time: the caller awaits each. */
  append(event: JournalEvent): Promise<JournalEntry>
  /** Entries with a sequence number above `seq`, in order, at most `limit`. */
  after(seq: number, limit: number): Promise<readonly JournalEntry[]>
  close(): Promise<void>
}

/** Entries read at a time. */
export const JOURNAL_PAGE = 500

/** Every entry after `seq`, page by page. */
export async function* readJournal(journal: Journal, seq = 0): AsyncGenerator<JournalEntry> {
  let cursor = seq
  for (;;) {
    const page = await journal.after(cursor, JOURNAL_PAGE)
    yield* page
    if (page.length < JOURNAL_PAGE) return
    cursor = page.at(-1)!.seq
  }
}
