/**
 * The journal in one SQLite file. `synchronous = FULL` in WAL mode syncs at every commit. `locking_mode = EXCLUSIVE` is
 * the lock on the state folder: the operating system drops it with the process, so a killed coordinator leaves none.
 */
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { StateFolderInUseError } from '../errors.ts'
import type { Journal } from './journal.ts'
import type { JournalEntry, JournalEvent } from './journal-event.ts'
import { migrateDatabase } from './migrate-database.ts'

export const JOURNAL_FILE = 'journal.sqlite'

interface Row {
  readonly seq: number
  readonly at: string
  readonly kind: string
  readonly payload: string
}

interface Tables {
  journal: Row
}

/** Opens or creates the journal in `folder`. Throws STATE_FOLDER_IN_USE and STATE_FOLDER_TOO_NEW. */
export function openSqliteJournal(folder: string, now: () => Date): Journal {
  const database = openExclusively(folder)
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  const appended = new EventEmitter<{ appended: [seq: number] }>().setMaxListeners(0)
  return {
    async append({ events, after }) {
      const at = now().toISOString()
      const entries = events.map((event, i): JournalEntry => ({ seq: after + 1 + i, at, ...event }))
      try {
        await db.insertInto('journal').values(entries.map(rowFrom)).execute()
      } catch (error) {
        if (isTaken(error)) return { kind: 'conflict' }
        throw error
      }
      appended.emit('appended', after + events.length)
      return { kind: 'appended', entries }
    },
    async after(seq, limit) {
      const rows = await db
        .selectFrom('journal')
        .selectAll()
        .where('seq', '>', seq)
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.map(entryFrom)
    },
    onAppended(listener) {
      appended.on('appended', listener)
      return () => appended.off('appended', listener)
    },
    async close() {
      await db.destroy()
      database.close()
    },
  }
}

function openExclusively(folder: string): Database.Database {
  const database = new Database(join(folder, JOURNAL_FILE), { timeout: 0 })
  try {
    database.pragma('locking_mode = EXCLUSIVE')
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    migrateDatabase(database, { folder, steps: STEPS })
    return database
  } catch (cause) {
    database.close()
    if (isBusy(cause)) throw new StateFolderInUseError(folder)
    throw cause
  }
}

/** See migrate-database.ts. They run in an exclusive transaction: with the locking mode above, this is where a second process is refused. */
const STEPS = [
  `CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT`,
]

const isBusy = (error: unknown): boolean =>
  String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')

/** The number is the primary key: another append has it already. */
const isTaken = (error: unknown): boolean =>
  String((error as { code?: unknown }).code).startsWith('SQLITE_CONSTRAINT')

function rowFrom({ seq, at, kind, ...payload }: JournalEntry): Row {
  return { seq, at, kind, payload: JSON.stringify(payload) }
}

const entryFrom = ({ seq, at, kind, payload }: Row): JournalEntry =>
  ({ seq, at, kind, ...(JSON.parse(payload) as object) }) as JournalEntry & JournalEvent
