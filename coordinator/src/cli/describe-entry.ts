/** A journal entry as a sentence for the people who watch the terminal; undefined for what would only be noise. */
import type { JournalEntry } from '../journal/journal-event.ts'
import type { StudyState } from '../rounds/study-state.ts'

export function describeEntry(entry: JournalEntry, { plan }: StudyState): string | undefined {
  const { rounds } = plan.schedule
  switch (entry.kind) {
    case 'site-joined':
      return `${entry.site} joined with about ${entry.imagesBucket} images`
    case 'site-left':
      return `${entry.site} left`
    case 'round-opened':
      return `round ${entry.round} of ${rounds} opened for ${entry.invited.join(', ')}`
    case 'update-spooled':
      return `round ${entry.round}: update of ${entry.site}, ${entry.bytes} bytes, mean loss ${entry.meanLoss.toFixed(4)}`
    case 'update-refused':
      return `round ${entry.round}: update of ${entry.site} refused (${entry.code})`
    case 'site-failed':
      return `round ${entry.round}: ${entry.site} failed (${entry.code})`
    case 'deadline-extended':
      return `round ${entry.round}: deadline extended, ${entry.updates} of at least ${entry.quorum} updates in`
    case 'round-closed':
      return `round ${entry.round} closed ${REASONS[entry.reason]}: ${entry.contributors.join(', ')}${missing(entry.missing)}`
    case 'round-committed':
      return `round ${entry.round} of ${rounds} done: mean loss ${entry.meanLoss.toFixed(4)}, model ${entry.model.sha256}`
    case 'study-released':
      return `finished: backbone ${entry.model.sha256}, ${entry.model.parameters} parameters`
    case 'study-aborted':
      return `aborted (${entry.code}): ${entry.message}`
    case 'study-created':
    case 'model-downloaded':
      return undefined
  }
}

const REASONS = { 'all-reported': 'with all reports in', deadline: 'at its deadline' } as const

const missing = (sites: readonly string[]): string =>
  sites.length > 0 ? `; missing ${sites.join(', ')}` : ''
