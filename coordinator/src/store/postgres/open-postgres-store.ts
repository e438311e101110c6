import type { Store } from '../store.ts'
import { openBulletin } from './bulletin.ts'
import { openDatabase } from './database.ts'
import { createPostgresConnections } from './postgres-connections.ts'
import { createPostgresJournal } from './postgres-journal.ts'
import { openPostgresLease } from './postgres-lease.ts'
import { createPostgresOffers } from './postgres-offers.ts'
import { createPostgresSecrets } from './postgres-secrets.ts'
import { createPostgresSessions } from './postgres-sessions.ts'
import { parseStoreAddress } from './store-address.ts'

/** A study that several coordinators share. Throws STORE_ADDRESS, STORE_UNREACHABLE and STORE_TOO_NEW. */
export async function openPostgresStore(address: string): Promise<Store> {
  const database = await openDatabase(parseStoreAddress(address))
  try {
    const bulletin = await openBulletin(database)
    const lease = await openPostgresLease(database, bulletin)
    const connections = createPostgresConnections(database)
    return {
      journal: createPostgresJournal(database, bulletin),
      lease,
      secrets: createPostgresSecrets(database),
      offers: createPostgresOffers(database),
      sessions: createPostgresSessions(database, bulletin),
      connections,
      async close() {
        await connections.close()
        await lease.close()
        await bulletin.close()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}
