import { openSqliteJournal } from '../journal/sqlite-journal.ts'
import { createNoConnections } from './connections.ts'
import { createFileSecrets } from './file-secrets.ts'
import { createSoleLease } from './lease.ts'
import { createMemorySessions } from './memory-sessions.ts'
import { createNoOffers } from './offers.ts'
import type { Store } from './store.ts'

/** A study of one coordinator, in its state folder. Throws STATE_FOLDER_IN_USE and STATE_FOLDER_TOO_NEW. */
export function openSqliteStore(folder: string): Store {
  const journal = openSqliteJournal(folder, () => new Date())
  return {
    journal,
    lease: createSoleLease(),
    secrets: createFileSecrets(folder),
    offers: createNoOffers(),
    sessions: createMemorySessions(),
    connections: createNoConnections(),
    close: () => journal.close(),
  }
}
