/** A disk without room is waited for: somebody makes some, and work goes on where it stopped. */
import { DiskFullError } from '../errors.ts'
import { systemErrorCode } from './system-error-code.ts'

/** Whether the operating system says that the disk, or this account's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  const code = systemErrorCode(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** A full disk as AGENT_DISK_FULL; any other error as it is. */
export const explainSystemError = (error: unknown): unknown =>
  isDiskFull(error) ? new DiskFullError(error) : error

/** Carries out `write`. Throws AGENT_DISK_FULL, which is retryable, in place of what the operating system says. */
export async function explainFullDisk<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    throw explainSystemError(error)
  }
}
