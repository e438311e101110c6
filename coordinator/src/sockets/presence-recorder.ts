/**
 * Records who has a connection, where the plan selects by availability. Of several coordinators each sees its own
 * connections: one that sees a site called away, and has it, says that it is back. The one that holds the lease looks for
 * sites that are connected to none: nobody else tells of those of a coordinator that died.
 */
import type { JournalEvent } from '../journal/journal-event.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import { joinedSites, type StudyState } from '../rounds/study-state.ts'
import type { Connections } from '../store/connections.ts'
import type { LiveSites } from './live-sites.ts'

/** Sites whose coordinator has ended may take so long to come back, to it or to another one. */
export const RETURN_MS = 60_000

export interface PresenceRecorder {
  /** After a site has joined, or its connection has ended. */
  look(site: string): void
  close(): void
}

export interface PresenceRecorderDeps {
  readonly driver: Pick<StudyDriver, 'state' | 'submit' | 'onEntry' | 'fence'>
  readonly live: Pick<LiveSites, 'presenceOf'>
  readonly connections: Pick<Connections, 'elsewhere'>
  readonly returnMs?: number
}

export function createPresenceRecorder(deps: PresenceRecorderDeps): PresenceRecorder {
  const { driver, live, connections, returnMs = RETURN_MS } = deps
  if (driver.state().plan.cohort.selection?.kind !== 'available') return IDLE
  const isHere = (site: string): boolean => live.presenceOf(site).connected
  const look = (site: string): void => {
    driver
      .submit((state) => presenceFacts(state, site, isHere(site)))
      // Refused when the coordinator stops; a journal that fails ends the process through the driver.
      .catch(() => undefined)
  }
  let lost: ReadonlySet<string> = new Set()
  /** Of those that were connected nowhere the last time either. */
  const lookForLost = (): void => {
    const before = lost
    const isLost = (site: string): boolean => !isHere(site) && !connections.elsewhere().has(site)
    lost = new Set(driver.fence() === undefined ? [] : joinedSites(driver.state()).filter(isLost))
    for (const site of lost) if (before.has(site)) look(site)
  }
  const timer = setInterval(lookForLost, returnMs / 2).unref()
  const stop = driver.onEntry((entry) => {
    if (entry.kind === 'site-away' && isHere(entry.site)) look(entry.site)
  })
  return {
    look,
    close() {
      clearInterval(timer)
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
