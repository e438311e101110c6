/**
 * The journal in PostgreSQL, shared by any number of coordinators. The number of an entry is its primary key: of two
 * that append after the same entry the database refuses one. While the database is away an append waits for it; one
 * whose answer was lost looks for itself by its id before it tries again.
 */
import { randomUUID } from 'node:crypto'
import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { JournalWentBackError } from '../../errors.ts'
import type { AppendOutcome, Facts, Journal } from '../../journal/journal.ts'
import type { JournalEntry, JournalEvent } from '../../journal/journal-event.ts'
import { notify, type Bulletin } from './bulletin.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/** How often a coordinator looks for entries it was not told of. */
const POLL_MS = 2000

export function createPostgresJournal(database: Database, bulletin: Bulletin): Journal {
  const { db, persistently } = database
  const newest = async (): Promise<number> => newestSeq(db)
  return {
    append(facts) {
      const append = randomUUID()
      return persistently(() => appendOnce(database, facts, append))
    },
    async after(seq, limit) {
      const rows = await persistently(() =>
        db
          .selectFrom('journal')
          .selectAll()
          .where('seq', '>', String(seq))
          .orderBy('seq')
          .limit(limit)
          .execute(),
      )
      return rows.map(entryFrom)
    },
    onAppended(listener) {
      const look = (): void => {
        newest().then(listener, () => undefined) // The database is away: the next look comes soon.
      }
      const poll = setInterval(look, POLL_MS).unref()
      const stop = bulletin.onNotice((notice) => {
        if (notice.kind === 'entry') listener(notice.seq)
        if (notice.kind === 'resumed') look()
      })
      return () => {
        clearInterval(poll)
        stop()
      }
    },
    close: () => Promise.resolve(),
  }
}

type Row = Selectable<Tables['journal']>

/** Reached once by every append that is not refused by its own doing, however often it is tried. */
async function appendOnce(
  { db, address }: Database,
  facts: Facts,
  append: string,
): Promise<AppendOutcome> {
  const refusal = await db
    .transaction()
    .execute(async (trx) => {
      const reason = await refusalOf(trx, facts)
      if (reason !== undefined) return reason
      await trx.insertInto('journal').values(rowsFrom(facts, append)).execute()
      await notify(trx, address.schema, { kind: 'entry', seq: facts.after + facts.events.length })
      return undefined
    })
    .catch((error: unknown) => {
      if (isTaken(error)) return 'conflict' as const
      throw error
    })
  const entries = await recordedBy(db, facts.after, append)
  return entries.length > 0 ? { kind: 'appended', entries } : { kind: refusal ?? 'conflict' }
}

/** The row of the lease is locked until the facts are recorded: it does not change hands in between. */
async function refusalOf(
  trx: Transaction<Tables>,
  { after, token }: Facts,
): Promise<'conflict' | 'fenced' | undefined> {
  if (token !== undefined) {
    const lease = await trx.selectFrom('lease').select('token').forShare().executeTakeFirst()
    if (Number(lease?.token) !== token) return 'fenced'
  }
  const newest = await newestSeq(trx)
  if (newest < after) throw new JournalWentBackError({ known: after, newest })
  return newest > after ? 'conflict' : undefined
}

/** The entries of an append: also of one whose answer was lost. */
async function recordedBy(
  db: Kysely<Tables>,
  after: number,
  append: string,
): Promise<readonly JournalEntry[]> {
  const rows = await db
    .selectFrom('journal')
    .selectAll()
    .where('seq', '>', String(after))
    .where('append', '=', append)
    .orderBy('seq')
    .execute()
  return rows.map(entryFrom)
}

async function newestSeq(db: Kysely<Tables>): Promise<number> {
  const { seq } = await db
    .selectFrom('journal')
    .select(({ fn }) => fn.max<string | null>('seq').as('seq'))
    .executeTakeFirstOrThrow()
  return Number(seq ?? 0)
}

/** unique_violation */
const isTaken = (error: unknown): boolean => (error as { code?: unknown }).code === '23505'

const rowsFrom = ({ events, after }: Facts, append: string): Insertable<Tables['journal']>[] =>
  events.map(({ kind, ...payload }, i) => ({
    seq: after + 1 + i,
    append,
    kind,
    payload: JSON.stringify(payload),
  }))

const entryFrom = ({ seq, at, kind, payload }: Row): JournalEntry =>
  ({ seq: Number(seq), at: at.toISOString(), kind, ...payload }) as JournalEntry & JournalEvent
