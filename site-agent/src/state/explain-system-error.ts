import { types } from 'node:util'
import { DiskFullError } from '../errors.ts'
import { systemErrorCode } from './system-error-code.ts'

/** A full disk in words, with what to do; any other error as it is. */
export function explainSystemError(error: unknown): unknown {
  const code = systemErrorCode(error)
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return isFull && types.isNativeError(error) ? new DiskFullError(error) : error
}
