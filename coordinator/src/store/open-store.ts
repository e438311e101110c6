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
  store === undefined ? openSqliteStore(folder) : openPostgresStore(store)
