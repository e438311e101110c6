/**
 * The lease in PostgreSQL: one row, which the holder renews and which anyone takes once it has expired by the
 * database's clock. The holder trusts its own clock for less: it counts from before it asked.
 */
import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { sql } from 'kysely'
import type { Fence, Lease } from '../lease.ts'
import { notify, type Bulletin } from './bulletin.ts'
import type { Database } from './database.ts'

/** A coordinator that dies is replaced after this time. */
export const LEASE_MS = 6000

/** The lease is renewed this often; the others try as often to get it. */
const RENEW_MS = LEASE_MS / 3

export interface PostgresLease extends Lease {
  /** Frees the lease, so that another coordinator need not wait for it to expire. */
  close(): Promise<void>
}

interface Held {
  readonly fence: Fence
  readonly lose: AbortController
  timer: NodeJS.Timeout
}

/** Resolves after the first attempt to get the lease. */
export async function openPostgresLease(
  database: Database,
  bulletin: Bulletin,
): Promise<PostgresLease> {
  const holder = randomUUID()
  const gained = new EventEmitter<{ gained: [] }>()
  let held: Held | undefined
  let closed = false
  let attempt: Promise<void> = Promise.resolve()

  const lose = (): void => {
    if (held === undefined) return
    clearTimeout(held.timer)
    held.lose.abort()
    held = undefined
  }

  /** `since`: when it was asked for, on this process's clock. */
  const hold = (token: number, since: number): void => {
    const timer = setTimeout(lose, since + LEASE_MS - performance.now()).unref()
    if (held?.fence.token === token) {
      clearTimeout(held.timer)
      held.timer = timer
      return
    }
    lose()
    const controller = new AbortController()
    held = { fence: { token, signal: controller.signal }, lose: controller, timer }
    gained.emit('gained')
  }

  const tryOnce = async (): Promise<void> => {
    const since = performance.now()
    const token = await takeOrRenew(database, holder)
    if (closed) return
    if (token === undefined) lose()
    else hold(token, since)
  }

  /** One at a time; the database being away is no answer. */
  const tryNow = (): Promise<void> => (attempt = attempt.then(tryOnce).catch(() => undefined))

  const renew = setInterval(() => void tryNow(), RENEW_MS).unref()
  const stop = bulletin.onNotice(({ kind }) => {
    if (kind === 'lease-free' || kind === 'resumed') void tryNow()
  })
  await tryNow()
  return {
    fence: () => held?.fence,
    onGained: (listener) => gained.on('gained', listener),
    async close() {
      closed = true
      clearInterval(renew)
      stop()
      await attempt
      const holding = held !== undefined
      lose()
      if (holding) await free(database, holder).catch(() => undefined) // It expires by itself.
    },
  }
}

/** The token, or undefined while another holds the lease. A renewal keeps the token; a lease that lapsed gets a new one. */
async function takeOrRenew({ db }: Database, holder: string): Promise<number | undefined> {
  const mine = sql<boolean>`holder = ${holder} and expires > clock_timestamp()`
  const row = await db
    .updateTable('lease')
    .set({
      token: sql`case when ${mine} then token else token + 1 end`,
      holder,
      expires: sql`clock_timestamp() + ${`${LEASE_MS} milliseconds`}::interval`,
    })
    .where(sql<boolean>`holder = ${holder} or expires < clock_timestamp()`)
    .returning('token')
    .executeTakeFirst()
  return row === undefined ? undefined : Number(row.token)
}

async function free({ db, address }: Database, holder: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('lease')
      .set({ expires: sql`'-infinity'` })
      .where('holder', '=', holder)
      .execute()
    await notify(trx, address.schema, { kind: 'lease-free' })
  })
}
