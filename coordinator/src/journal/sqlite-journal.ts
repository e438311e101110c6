/**
 * The journal in one SQLite file. `synchronous = FULL` in WAL mode syncs at every commit. One process appends, held off
 * from others by a lock on the folder; any process of the machine may copy the file by `copySqliteJournal` meanwhile.
 */
import { EventEmitter } from 'node:events'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { JournalDamagedError, StateFolderInUseError } from '../errors.ts'
import type { Journal } from './journal.ts'
import { isBusy } from './is-busy.ts'
import type { JournalEntry, JournalEvent } from './journal-event.ts'
import { lockFolder } from './lock-folder.ts'
import { assertKnownFormat, migrateDatabase } from './migrate-database.ts'

export const JOURNAL_FILE = 'journal.sqlite'

/** Versions up to 0.1.0 lock the journal itself; a copy that begins keeps others out for less than a millisecond. */
const BUSY_TIMEOUT_MS = 2000

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
  const unlock = lockFolder(folder)
  const database = openDatabase(folder, unlock)
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
    after: readerOf(db),
    onAppended(listener) {
      appended.on('appended', listener)
      return () => appended.off('appended', listener)
    },
    async close() {
      await db.destroy()
      database.close()
      unlock()
    },
  }
}

/**
 * Writes the journal as it is at this moment to the new file `target`, while its coordinator may be appending.
 * Throws STATE_FOLDER_IN_USE where that coordinator is of a version that lets nobody read along.
 */
export function copySqliteJournal(folder: string, target: string): void {
  const options = { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS }
  const database = new Database(join(folder, JOURNAL_FILE), options)
  try {
    database.prepare('VACUUM INTO ?').run(target)
  } catch (cause) {
    throw isBusy(cause) ? new StateFolderInUseError(folder) : cause
  } finally {
    database.close()
  }
}

/** Reads a file of `copySqliteJournal`. Throws STATE_FOLDER_TOO_NEW. */
export function openJournalCopy(file: string): Pick<Journal, 'after' | 'close'> {
  const database = new Database(file, { readonly: true, fileMustExist: true })
  try {
    assertKnownFormat(database, { folder: dirname(file), steps: STEPS })
  } catch (error) {
    database.close()
    throw error
  }
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  return {
    after: readerOf(db),
    async close() {
      await db.destroy()
      database.close()
    },
  }
}

const readerOf =
  (db: Kysely<Tables>): Journal['after'] =>
  async (seq, limit) => {
    const rows = await db
      .selectFrom('journal')
      .selectAll()
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(limit)
      .execute()
    return rows.map(entryFrom)
  }

function openDatabase(folder: string, unlock: () => void): Database.Database {
  const database = new Database(join(folder, JOURNAL_FILE), { timeout: BUSY_TIMEOUT_MS })
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    migrateDatabase(database, { folder, steps: STEPS })
    return database
  } catch (cause) {
    database.close()
    unlock()
    throw isBusy(cause) ? new StateFolderInUseError(folder) : cause
  }
}

/** See migrate-database.ts. */
const STEPS = [
  `CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT`,
]

/** The number is the primary key: another append has it already. */
const isTaken = (error: unknown): boolean =>
  String((error as { code?: unknown }).code).startsWith('SQLITE_CONSTRAINT')

function rowFrom({ seq, at, kind, ...payload }: JournalEntry): Row {
  return { seq, at, kind, payload: JSON.stringify(payload) }
}

function entryFrom({ seq, at, kind, payload }: Row): JournalEntry {
  try {
    return { seq, at, kind, ...(JSON.parse(payload) as object) } as JournalEntry & JournalEvent
  } catch (cause) {
    throw new JournalDamagedError({ problem: `entry ${seq} is no JSON`, cause })
  }
}
