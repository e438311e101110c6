/**
 * What the coordinators of a study tell each other through the database (LISTEN and NOTIFY). A notice may be lost with
 * a connection: whoever listens is told when the connection is back, and looks for itself.
 */
import { EventEmitter } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import pg from 'pg'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

export type Notice =
  /** The number of the newest entry of the journal. */
  | { readonly kind: 'entry'; readonly seq: number }
  | { readonly kind: 'lease-free' }
  /** A site has a new session: older ones are void. */
  | { readonly kind: 'session'; readonly site: string; readonly epoch: number }
  /** The connection is back: something may have been missed. */
  | { readonly kind: 'resumed' }

export interface Bulletin {
  /** Returns the way to stop. */
  onNotice(listener: (notice: Notice) => void): () => void
  close(): Promise<void>
}

/** Wait before a lost connection is opened again. */
const RECONNECT_MS = 250

export const channelOf = (schema: string): string => `consilium_${schema}`

/** Tells the others when the transaction is committed. */
export async function notify(
  db: Kysely<Tables>,
  schema: string,
  notice: Exclude<Notice, { kind: 'resumed' }>,
): Promise<void> {
  await sql`select pg_notify(${channelOf(schema)}, ${JSON.stringify(notice)})`.execute(db)
}

/** Resolves when it listens. */
export async function openBulletin({ connection, address }: Database): Promise<Bulletin> {
  const notices = new EventEmitter<{ notice: [notice: Notice] }>().setMaxListeners(0)
  const closing = new AbortController()
  let client: pg.Client

  const connect = async (): Promise<void> => {
    client = new pg.Client(connection)
    client.on('error', () => undefined)
    client.on('notification', ({ payload }) => {
      notices.emit('notice', JSON.parse(payload ?? '') as Notice)
    })
    await client.connect()
    await client.query(`LISTEN ${pg.escapeIdentifier(channelOf(address.schema))}`)
    client.once('end', () => void reconnect())
  }

  const reconnect = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await connect()
        notices.emit('notice', { kind: 'resumed' })
        return
      } catch {
        await setTimeout(RECONNECT_MS, undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
  }

  await connect()
  return {
    onNotice(listener) {
      notices.on('notice', listener)
      return () => notices.off('notice', listener)
    },
    async close() {
      closing.abort()
      notices.removeAllListeners()
      await client.end()
    },
  }
}
