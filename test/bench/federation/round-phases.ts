/** Where a round's time goes, from the coordinator's journal and the sites' steps. Pure. */
import type { JournalEntry } from '@consilium/coordinator'
import type { SiteStep } from './site-process.ts'

/** Seconds. They follow each other. */
export interface RoundPhases {
  readonly round: number
  /** Until the last site has the base. */
  readonly download: number
  /** Until the last site's update is in the journal. */
  readonly upload: number
  /** Until the next model is. */
  readonly fold: number
  /** Until the next round is open. */
  readonly next: number
  readonly total: number
}

/** Throws if the round did not end in another one. */
export function roundPhases(
  round: number,
  journal: readonly JournalEntry[],
  steps: readonly SiteStep[],
): RoundPhases {
  const opened = lastAt(journal, { kind: 'round-opened', round })
  const trained = Math.max(
    ...steps.flatMap((step) => (step.name === 'trained' && step.round === round ? [step.at] : [])),
  )
  const spooled = lastAt(journal, { kind: 'update-spooled', round })
  const committed = lastAt(journal, { kind: 'round-committed', round })
  const nextOpened = lastAt(journal, { kind: 'round-opened', round: round + 1 })
  const seconds = (from: number, to: number): number => (to - from) / 1000
  return {
    round,
    download: seconds(opened, trained),
    upload: seconds(trained, spooled),
    fold: seconds(spooled, committed),
    next: seconds(committed, nextOpened),
    total: seconds(opened, nextOpened),
  }
}

function lastAt(
  journal: readonly JournalEntry[],
  { kind, round }: { kind: JournalEntry['kind']; round: number },
): number {
  const found = journal.findLast(
    (entry) => entry.kind === kind && 'round' in entry && entry.round === round,
  )
  if (found === undefined) throw new Error(`internal: no ${kind} of round ${round}`)
  return Date.parse(found.at)
}
