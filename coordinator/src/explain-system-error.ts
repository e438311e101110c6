import { DiskFullError } from './errors.ts'

/** How the file system, SQLite and PostgreSQL say it. */
const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL', '53100'])

/** A full disk in words, with what to do; any other error as it is. */
export const explainSystemError = (error: unknown): unknown =>
  error instanceof Error && DISK_FULL.has((error as { code?: unknown }).code)
    ? new DiskFullError(error)
    : error
