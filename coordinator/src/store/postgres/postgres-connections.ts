/** Connections as one row a coordinator, which it writes anew while it lives: the row of one that died grows old. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Connections } from '../connections.ts'
import type { Database } from './database.ts'

/** How often a coordinator says which sites are connected to it, and reads what the others say. */
export const ANNOUNCE_MS = 2000

/** The word of a coordinator that has said nothing for so long no longer counts. */
export const SILENT_MS = 3 * ANNOUNCE_MS

export interface PostgresConnections extends Connections {
  /** Takes back what was said here. */
  close(): Promise<void>
}

export function createPostgresConnections({ db }: Database): PostgresConnections {
  const coordinator = randomUUID()
  let others: ReadonlySet<string> = new Set()
  let said: string | undefined
  let timer: NodeJS.Timeout | undefined
  let exchange: Promise<void> | undefined

  const say = async (sites: readonly string[]): Promise<void> => {
    const text = sites.join()
    const seen = sql<Date>`clock_timestamp()`
    await db
      .insertInto('connected')
      .values({ coordinator, sites, seen })
      .onConflict((conflict) =>
        conflict.column('coordinator').doUpdateSet(text === said ? { seen } : { sites, seen }),
      )
      .execute()
    said = text
  }

  const hear = async (): Promise<void> => {
    const isLate = sql<boolean>`seen < clock_timestamp() - ${`${SILENT_MS} milliseconds`}::interval`
    await db.deleteFrom('connected').where(isLate).execute()
    const rows = await db
      .selectFrom('connected')
      .select('sites')
      .where('coordinator', '!=', coordinator)
      .execute()
    others = new Set(rows.flatMap(({ sites }) => sites))
  }

  return {
    announce(sites) {
      const exchangeOnce = (): void => {
        exchange ??= say(sites())
          .then(hear)
          .catch(() => {
            said = undefined // The database is away: the next time all is said again.
          })
          .finally(() => (exchange = undefined))
      }
      timer = setInterval(exchangeOnce, ANNOUNCE_MS).unref()
      exchangeOnce()
    },
    elsewhere: () => others,
    async close() {
      clearInterval(timer)
      await exchange
      const mine = db.deleteFrom('connected').where('coordinator', '=', coordinator)
      await mine.execute().catch(() => undefined) // It grows old by itself.
    },
  }
}
