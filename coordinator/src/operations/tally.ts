/** What this process has counted and timed since it started. Everything else is read off the study's state. */
import type { Journal } from '../journal/journal.ts'
import type { JournalEntry } from '../journal/journal-event.ts'

export interface Timing {
  readonly count: number
  readonly seconds: number
}

export interface Tally {
  /** By error code: of everything a site or a reader was refused. Codes are those of docs/errors.md. */
  readonly refusals: ReadonlyMap<string, number>
  /** From a round's closing to its commit. */
  readonly folds: Timing
  readonly appends: Timing
  readonly siteFailures: number
}

export interface Counter {
  tally(): Tally
  refused(code: string): void
  entry(entry: JournalEntry): void
  /** The same journal, whose appends are timed. */
  timed(journal: Journal): Journal
}

const NONE: Timing = { count: 0, seconds: 0 }

/** `now`: a monotonic clock in milliseconds. */
export function createCounter(now: () => number): Counter {
  const refusals = new Map<string, number>()
  let folds = NONE
  let appends = NONE
  let siteFailures = 0
  let closedAt: number | undefined
  return {
    tally: () => ({ refusals: new Map(refusals), folds, appends, siteFailures }),
    refused: (code) => void refusals.set(code, (refusals.get(code) ?? 0) + 1),
    entry({ kind }) {
      if (kind === 'site-failed') siteFailures += 1
      if (kind === 'round-closed') closedAt = now()
      if (kind !== 'round-committed' || closedAt === undefined) return
      folds = plus(folds, now() - closedAt)
      closedAt = undefined
    },
    timed: (journal) => ({
      ...journal,
      async append(facts) {
        const startedAt = now()
        const outcome = await journal.append(facts)
        appends = plus(appends, now() - startedAt)
        return outcome
      },
    }),
  }
}

const plus = ({ count, seconds }: Timing, ms: number): Timing => ({
  count: count + 1,
  seconds: seconds + ms / 1000,
})
