/** The connections of one coordinator to the database of its study. A connection that fails is not used again. */
import { setTimeout } from 'node:timers/promises'
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import pg from 'pg'
import { StoreUnreachableError } from '../../errors.ts'
import { isConnectionLoss } from './connection-loss.ts'
import { migrate } from './migrations.ts'
import type { StoreAddress } from './store-address.ts'
import type { Tables } from './tables.ts'

/** Queries of one coordinator that run at once; more wait. */
const MAX_CONNECTIONS = 8

/** A query without an answer for so long counts as lost, with its connection. */
const QUERY_TIMEOUT_MS = 10_000

/**
 * The database ends a transaction whose coordinator is silent for so long and frees what it locked: one that is stopped in
 * the middle holds up the others no longer than this, and they can take its lease.
 */
const SILENT_TRANSACTION_MS = 3000

/** A database that does not accept a connection within this time counts as away. */
const CONNECT_TIMEOUT_MS = 5000

/** First and longest wait between attempts to reach a database that is away. */
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 2000

export interface Database {
  readonly db: Kysely<Tables>
  readonly address: StoreAddress
  /** Settings of any further connection. */
  readonly connection: pg.ClientConfig
  /**
   * Does work, again and again while the database is away: a restart of it delays, it does not fail. The work must bear
   * being done twice. Throws what is no matter of the connection, and the last failure once the database is closed.
   */
  readonly persistently: <T>(work: () => Promise<T>) => Promise<T>
  close(): Promise<void>
}

export const connectionTo = (address: StoreAddress): pg.ClientConfig => ({
  connectionString: address.url,
  application_name: 'consilium',
  keepAlive: true,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  query_timeout: QUERY_TIMEOUT_MS,
  options: `-c search_path=${address.schema}`,
})

/** Connects once and brings the tables to the newest format. Throws STORE_UNREACHABLE and STORE_TOO_NEW. */
export async function openDatabase(address: StoreAddress): Promise<Database> {
  const connection = connectionTo(address)
  const pool = new pg.Pool({
    ...connection,
    max: MAX_CONNECTIONS,
    idle_in_transaction_session_timeout: SILENT_TRANSACTION_MS,
  })
  pool.on('error', () => undefined) // An idle connection broke; the pool has dropped it.
  pool.on('connect', (client) => client.on('error', () => undefined)) // Its query is told of it too.
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: dropBroken(pool) }) })
  const closing = new AbortController()
  try {
    await db.transaction().execute((trx) => migrate(trx, address.schema))
  } catch (cause) {
    await db.destroy()
    if (isConnectionLoss(cause) || isRefusal(cause)) {
      throw new StoreUnreachableError({ address: address.shown, cause: cause as Error })
    }
    throw cause
  }
  return {
    db,
    address,
    connection,
    persistently: (work) => persistently(work, closing.signal),
    async close() {
      closing.abort()
      await db.destroy()
    },
  }
}

/** Wrong user, password, database or permission. */
const isRefusal = (error: unknown): boolean =>
  /^(28|3D|42501)/.test(String((error as { code?: unknown }).code))

/** Kysely gives every connection back as if it were whole. */
function dropBroken(pool: pg.Pool): PostgresPool {
  return {
    async connect() {
      const client = await pool.connect()
      let broken: Error | undefined
      const query = async (...args: unknown[]): Promise<unknown> => {
        try {
          return await (client.query as (...args: unknown[]) => Promise<unknown>)(...args)
        } catch (error) {
          if (isConnectionLoss(error)) broken = error as Error
          throw error
        }
      }
      return {
        query: query as never,
        release: () => {
          client.release(broken)
        },
      }
    },
    options: pool.options,
    end: () => pool.end(),
  }
}

async function persistently<T>(work: () => Promise<T>, closed: AbortSignal): Promise<T> {
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(2 * wait, LAST_RETRY_MS)) {
    try {
      return await work()
    } catch (error) {
      if (!isConnectionLoss(error) || closed.aborted) throw error
      await pause(wait, closed)
    }
  }
}

/** Ends early when the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal }).catch(() => undefined)
}
