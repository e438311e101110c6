import { ConsiliumError } from '@consilium/errors'

/** How the file system, SQLite (the second: no room for the index of its log) and PostgreSQL say it. */
const DISK_FULL: ReadonlySet<unknown> = new Set([
  ...['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', '53100'],
])

/** A full disk in words, with what to do; any other error as it is. */
export const explainSystemError = (error: unknown): unknown =>
  error instanceof Error && DISK_FULL.has((error as { code?: unknown }).code)
    ? new DiskFullError(error)
    : error

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
