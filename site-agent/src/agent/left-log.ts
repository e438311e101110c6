import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { sha256 } from '@consilium/weights'
import { PRIVATE_FILE } from '../state/replace-file.ts'

export interface Departure {
  /** Kind of the frame, or `update bytes`. */
  readonly kind: string
  readonly round?: number
  readonly content: Uint8Array
}

/** Writes down what leaves the site, before it leaves: one JSON line with kind, round, bytes and SHA-256. */
export type LeftLog = (departure: Departure) => void

export function createLeftLog(file: string, now: () => Date): LeftLog {
  endLastLine(file)
  return ({ kind, round, content }) => {
    const line = {
      at: now().toISOString(),
      kind,
      round,
      bytes: content.length,
      sha256: sha256(content),
    }
    appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: PRIVATE_FILE })
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
