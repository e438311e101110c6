import { ConsiliumError } from '@consilium/errors'
import { JournalDamagedError } from './errors.ts'

/** How the file system, SQLite (the second: no room for the index of its log) and PostgreSQL say it. */
const DISK_FULL: ReadonlySet<unknown> = new Set([
  ...['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', '53100'],
])

/** How SQLite says that a file is none of its own, or not any more. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/

/** A full disk and a damaged journal in words, with what to do; any other error as it is. */
export function explainSystemError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (DISK_FULL.has(error.code)) return new DiskFullError(error)
  const isDamaged = DAMAGED.test(String(error.code))
  return isDamaged ? new JournalDamagedError({ problem: error.message, cause: error }) : error
}

/** Thrown when there is no room for what has to be stored. */
export class DiskFullError extends ConsiliumError {
  constructor(cause: Error) {
    super({
      code: 'STATE_DISK_FULL',
      message: `A disk of the coordinator is full (${cause.message}). Nothing that was acknowledged is lost. Make room on it; sites that were refused try again by themselves, and a coordinator that ended goes on when it is started again.`,
      retryable: true,
      cause,
    })
  }
}
