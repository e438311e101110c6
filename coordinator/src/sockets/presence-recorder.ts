/**
 * Records who has a connection, where the plan selects by availability. Of several coordinators each knows its own
 * connections only: one that sees a site called away, and has it, says that it is back.
 */
import type { JournalEvent } from '../journal/journal-event.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import { joinedSites, type StudyState } from '../rounds/study-state.ts'
import type { LiveSites } from './live-sites.ts'

/** Sites that were connected before a restart may take so long to come back. */
export const RETURN_MS = 60_000

export interface PresenceRecorder {
  /** After a site has joined, or its connection has ended. */
  look(site: string): void
  close(): void
}

export interface PresenceRecorderDeps {
  readonly driver: Pick<StudyDriver, 'state' | 'submit' | 'onEntry'>
  readonly live: Pick<LiveSites, 'presenceOf'>
}

export function createPresenceRecorder({ driver, live }: PresenceRecorderDeps): PresenceRecorder {
  if (driver.state().plan.cohort.selection?.kind !== 'available') return IDLE
  const look = (site: string): void => {
    const isConnected = (): boolean => live.presenceOf(site).connected
    driver
      .submit((state) => presenceFacts(state, site, isConnected()))
      // Refused when the coordinator stops; a journal that fails ends the process through the driver.
      .catch(() => undefined)
  }
  const timer = setTimeout(() => {
    joinedSites(driver.state()).forEach(look)
  }, RETURN_MS).unref()
  const stop = driver.onEntry((entry) => {
    if (entry.kind === 'site-away' && live.presenceOf(entry.site).connected) look(entry.site)
  })
  return {
    look,
    close() {
      clearTimeout(timer)
      stop()
    },
  }
}

const IDLE: PresenceRecorder = { look: () => undefined, close: () => undefined }

function presenceFacts(
  { members }: StudyState,
  site: string,
  isConnected: boolean,
): readonly JournalEvent[] {
  const member = members.get(site)
  if (member?.joined !== true || member.away === !isConnected) return []
  return [{ kind: isConnected ? 'site-back' : 'site-away', site }]
}
