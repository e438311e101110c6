/** The file in which a blob arrives: hashed as it grows, and written in large pieces. */
import { createHash, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { PRIVATE_FILE } from '../state/replace-file.ts'

/** Chunks arrive in 64 KiB at most; a write for each costs more than the hash does. */
const PIECE_BYTES = 1024 * 1024

export interface PartFile {
  /** Bytes that are there. */
  readonly held: () => number
  append(chunk: Uint8Array): Promise<void>
  /** Empties it. */
  restart(): Promise<void>
  /** SHA-256 of all of it. */
  digest(): string
  /** Writes what is gathered. */
  close(): Promise<void>
}

/** Goes on with the file at `path`, which is begun anew if it has more than `maxBytes`. */
export async function openPartFile(path: string, maxBytes: number): Promise<PartFile> {
  const handle = await open(path, 'a', PRIVATE_FILE)
  let { size: held } = await handle.stat()
  let hash = createHash('sha256')
  const room = new Uint8Array(PIECE_BYTES)
  let gathered = 0

  const flush = async (): Promise<void> => {
    const piece = room.subarray(0, gathered)
    gathered = 0
    await handle.writeFile(piece)
  }
  const restart = async (): Promise<void> => {
    gathered = 0
    await handle.truncate(0)
    held = 0
    hash = createHash('sha256')
  }
  if (held > maxBytes) await restart()
  else await hashFile(path, hash)
  return {
    held: () => held,
    async append(chunk) {
      hash.update(chunk)
      held += chunk.length
      for (let taken = 0; taken < chunk.length;) {
        const part = chunk.subarray(taken, taken + PIECE_BYTES - gathered)
        room.set(part, gathered)
        gathered += part.length
        taken += part.length
        if (gathered === PIECE_BYTES) await flush()
      }
    },
    restart,
    digest: () => hash.digest('hex'),
    async close() {
      try {
        await flush()
      } finally {
        await handle.close()
      }
    },
  }
}

/** Adds the file at `path` to a hash. */
export async function hashFile(path: string, hash: Hash): Promise<Hash> {
  const handle = await open(path, 'r')
  const piece = new Uint8Array(PIECE_BYTES)
  try {
    for (;;) {
      const { bytesRead } = await handle.read(piece)
      if (bytesRead === 0) return hash
      hash.update(piece.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}
