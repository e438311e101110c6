/** The namespace of those who watch: the journal from a cursor on, then live, and progress as it comes. Read only. */
import { JOURNAL_PAGE, type Journal } from '../journal/journal.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import type { LiveSites } from './live-sites.ts'
import type { ObserverNamespace } from './socket-events.ts'

export interface ServeObserversDeps {
  readonly driver: StudyDriver
  readonly journal: Journal
  readonly live: LiveSites
  readonly onFatal: (error: unknown) => void
}

export function serveObservers(namespace: ObserverNamespace, deps: ServeObserversDeps): void {
  const { driver, journal, live, onFatal } = deps
  live.onProgress((progress) => namespace.volatile.emit('progress', progress))
  namespace.on('connection', (socket) => {
    let cursor = parseCursor(socket.handshake.auth)
    let reading = Promise.resolve()
    /** Sends what lies after the cursor. One at a time, so that nothing is sent twice or left out. */
    const catchUp = async (): Promise<void> => {
      for (;;) {
        if (!socket.connected) return
        const entries = await journal.after(cursor, JOURNAL_PAGE)
        for (const entry of entries) socket.emit('event', entry)
        if (entries.length === 0) return
        cursor = entries.at(-1)!.seq
      }
    }
    const next = (): void => {
      reading = reading.then(catchUp).catch(onFatal)
    }
    socket.on('disconnect', driver.onEntry(next))
    next()
  })
}

/** `auth.after`: the sequence number of the last entry the observer has. */
function parseCursor(auth: Record<string, unknown>): number {
  const { after } = auth
  return typeof after === 'number' && Number.isSafeInteger(after) && after > 0 ? after : 0
}
