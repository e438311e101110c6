import { JournalDamagedError } from '../errors.ts'
import type { JournalEntry } from '../journal/journal-event.ts'
import { isKnownKind } from './apply-event.ts'

/** Entries come from 1 on, without gaps: after a gap the next fact would be counted for another. Throws JOURNAL_DAMAGED. */
export function assertNext(entry: JournalEntry, seq: number): void {
  const { seq: found, kind } = entry
  if (found !== seq + 1)
    throw new JournalDamagedError({ problem: `entry ${seq + 1} is missing, ${found} comes next` })
  if (!isKnownKind(kind) || (kind === 'study-created') !== (seq === 0))
    throw new JournalDamagedError({ problem: `entry ${found} is '${kind}'` })
}
