import {
  appendFileSync,
  closeSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { sha256 } from '@consilium/weights'
import { DiskFullError } from '../errors.ts'
import { isDiskFull } from '../state/full-disk.ts'
import { PRIVATE_FILE } from '../state/replace-file.ts'

export interface Departure {
  /** Kind of the frame, or `update bytes`. */
  readonly kind: string
  readonly round?: number
  readonly content: Uint8Array
  /** Of the content, where it is known. */
  readonly sha256?: string
}

/**
 * Writes down what leaves the site, before it leaves: one JSON line with kind, round, bytes and SHA-256. Throws
 * AGENT_DISK_FULL: then it may not leave.
 */
export type LeftLog = (departure: Departure) => void

export function createLeftLog(file: string, now: () => Date): LeftLog {
  endLastLine(file)
  return ({ kind, round, content, sha256: known }) => {
    const line = {
      at: now().toISOString(),
      kind,
      round,
      bytes: content.length,
      sha256: known ?? sha256(content),
    }
    appendWhole(file, `${JSON.stringify(line)}\n`)
  }
}

/** A full disk may take the first part of a line: it is removed again. */
function appendWhole(file: string, line: string): void {
  const before = statSync(file, { throwIfNoEntry: false })?.size
  try {
    appendFileSync(file, line, { mode: PRIVATE_FILE })
  } catch (error) {
    if (!isDiskFull(error)) throw error
    if (before !== undefined) truncateSync(file, before)
    throw new DiskFullError(error)
  }
}

/** A process that was killed, or a disk that was full, may have left half a line. */
function endLastLine(file: string): void {
  const descriptor = openSync(file, 'a+', PRIVATE_FILE)
  try {
    const { size } = fstatSync(descriptor)
    const last = Buffer.alloc(1)
    if (size > 0) readSync(descriptor, last, 0, 1, size - 1)
    if (size > 0 && last.toString() !== '\n') appendFileSync(descriptor, '\n')
  } finally {
    closeSync(descriptor)
  }
}
