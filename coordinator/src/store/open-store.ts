import { lockFolder } from '../journal/lock-folder.ts'
import { openSqliteStore } from './open-sqlite-store.ts'
import { openPostgresStore } from './postgres/open-postgres-store.ts'
import type { Store } from './store.ts'

export interface StoreChoice {
  /** The state folder: created where it is missing, used by one process at a time. */
  readonly folder: string
  /** Address of a PostgreSQL database that coordinators share; default: SQLite in the state folder. */
  readonly store?: string | undefined
}

/** Throws STATE_FOLDER_IN_USE, STATE_FOLDER_TOO_NEW, STORE_ADDRESS, STORE_UNREACHABLE and STORE_TOO_NEW. */
export const openStore = async ({ folder, store }: StoreChoice): Promise<Store> =>
  store === undefined ? openSqliteStore(folder) : openIn(folder, store)

/** Copies of blobs and what is being made are in the folder: another process would clear them away. */
async function openIn(folder: string, address: string): Promise<Store> {
  const unlock = lockFolder(folder)
  try {
    const store = await openPostgresStore(address)
    const close = async (): Promise<void> => {
      await store.close()
      unlock()
    }
    return { ...store, close }
  } catch (error) {
    unlock()
    throw error
  }
}
