/** Decisions as a coordinator makes them, for tests of those who record them. Tests only. */
import type { JournalEvent } from '../journal/journal-event.ts'
import type { StudyState } from '../rounds/study-state.ts'

/** A site joins, once. */
export const joining =
  (site: string) =>
  ({ members }: StudyState): readonly JournalEvent[] =>
    members.has(site)
      ? []
      : [
          {
            kind: 'site-joined',
            ...{ site, instanceSha256: site, imagesBucket: 1, agentVersion: '1' },
          },
        ]

/** A site delivers to the open round, once. */
export const updating =
  (site: string, sha256 = `u-${site}`) =>
  ({ phase }: StudyState): readonly JournalEvent[] => {
    if (phase.kind !== 'collecting') return []
    const { round, invited, updates } = phase.round
    if (!invited.includes(site) || updates.some((update) => update.site === site)) return []
    const record = { sha256, bytes: 1, samples: 1, meanLoss: 1, steps: 1 }
    return [{ kind: 'update-spooled', round, site, ...record }]
  }
