/** Brings the file of a journal to the format of this version, or leaves it as it was. */
import { existsSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { StateFolderTooNewError } from '../errors.ts'

export interface MigrateOptions {
  readonly folder: string
  /** Step i brings format i to i + 1; format 0 is an empty file. A step that was released is never changed. */
  readonly steps: readonly string[]
}

/**
 * The format is PRAGMA user_version. All steps run in one exclusive transaction; an older journal is copied to
 * `<file>.format-<n>` before. Throws STATE_FOLDER_TOO_NEW, and SQLITE_BUSY if another process has the file open.
 */
export function migrateDatabase(
  database: Database.Database,
  { folder, steps }: MigrateOptions,
): void {
  const format = assertKnownFormat(database, { folder, steps })
  if (format > 0 && format < steps.length) keepCopy(database, format)
  const due = steps.slice(format).map((step) => `${step};`)
  try {
    database.exec(
      ['BEGIN EXCLUSIVE;', ...due, `PRAGMA user_version = ${steps.length};`, 'COMMIT;'].join('\n'),
    )
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** The format of a file. Throws STATE_FOLDER_TOO_NEW. */
export function assertKnownFormat(
  database: Database.Database,
  { folder, steps }: MigrateOptions,
): number {
  const format = Number(database.pragma('user_version', { simple: true }))
  if (format <= steps.length) return format
  throw new StateFolderTooNewError({ folder, format, known: steps.length })
}

/** A copy that an interrupted start left is whole or not there: SQLite writes it in one transaction. */
function keepCopy(database: Database.Database, format: number): void {
  const copy = `${database.name}.format-${format}`
  if (!existsSync(copy)) database.prepare('VACUUM INTO ?').run(copy)
}
