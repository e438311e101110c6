/** A model and updates of it as files, no two of them alike. */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createStream } from '@consilium/random'
import { bytesOfFloats } from '@consilium/weights'

export interface StoredFile {
  readonly path: string
  readonly sha256: string
}

export interface FoldFiles {
  readonly base: StoredFile
  readonly updates: readonly StoredFile[]
}

const CHUNK_PARAMETERS = 256 * 1024

export function writeFoldFiles(
  folder: string,
  { parameters, updates }: { parameters: number; updates: number },
): FoldFiles {
  // Drawn once, and from another place in every file.
  const stream = createStream(1, 'fold-files')
  const values = Float32Array.from({ length: 2 * CHUNK_PARAMETERS }, () => stream.normal())
  const write = (name: string, from: number): StoredFile => {
    const path = join(folder, name)
    const file = openSync(path, 'w')
    const hash = createHash('sha256')
    const append = (bytes: Uint8Array): void => {
      hash.update(bytes)
      writeSync(file, bytes)
    }
    append(headerOf(parameters))
    for (let at = 0; at < parameters; at += CHUNK_PARAMETERS) {
      const begin = (from + at / 64) % CHUNK_PARAMETERS
      append(
        bytesOfFloats(values.subarray(begin, begin + Math.min(CHUNK_PARAMETERS, parameters - at))),
      )
    }
    fsyncSync(file)
    closeSync(file)
    return { path, sha256: hash.digest('hex') }
  }
  return {
    base: write('base', 0),
    updates: Array.from({ length: updates }, (_, i) => write(`update-${i}`, 1 + 101 * i)),
  }
}

/** Of a safetensors file with one tensor. */
function headerOf(parameters: number): Uint8Array {
  const text = JSON.stringify({
    w: { dtype: 'F32', shape: [parameters], data_offsets: [0, 4 * parameters] },
  })
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8))
  const header = new Uint8Array(8 + json.length)
  new DataView(header.buffer).setBigUint64(0, BigInt(json.length), true)
  header.set(json, 8)
  return header
}
