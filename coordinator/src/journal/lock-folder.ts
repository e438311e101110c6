/**
 * One coordinator per state folder: an SQLite file that stays locked while the process lives. The operating system drops
 * the lock with the process, so a killed coordinator leaves none. The journal itself stays readable to others (backup).
 */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { StateFolderInUseError } from '../errors.ts'
import { isBusy } from './is-busy.ts'

/** Empty for ever; whoever deletes it while a coordinator runs lets a second one in. */
export const LOCK_FILE = 'lock'

/** Answers with the way to unlock. Throws STATE_FOLDER_IN_USE. */
export function lockFolder(folder: string): () => void {
  const database = new Database(join(folder, LOCK_FILE), { timeout: 0 })
  try {
    database.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    throw isBusy(cause) ? new StateFolderInUseError(folder) : cause
  }
  return () => database.close()
}
