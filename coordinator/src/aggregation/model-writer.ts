/** A new file of values after a header, written in order; its digest is taken on the way. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'

export interface WrittenFile {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

export interface ModelWriter {
  append(bytes: Uint8Array): void
  /** Closes the file. It is durable when the blob store has taken it. */
  finish(): WrittenFile
}

/** `path` must not exist yet. */
export function createModelWriter(path: string): ModelWriter {
  const file = openSync(path, 'wx')
  const hash = createHash('sha256')
  let bytes = 0
  return {
    append(chunk) {
      hash.update(chunk)
      let written = 0
      while (written < chunk.length) written += writeSync(file, chunk, written)
      bytes += chunk.length
    },
    finish() {
      closeSync(file)
      return { path, sha256: hash.digest('hex'), bytes }
    },
  }
}
