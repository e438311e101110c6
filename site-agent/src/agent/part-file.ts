/** The file in which a blob arrives, hashed as it grows. */
import { createHash, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { PRIVATE_FILE } from '../state/replace-file.ts'

/** Read at a time of what is there. */
const READ_BYTES = 1024 * 1024

export interface PartFile {
  /** Bytes that are there. */
  readonly held: () => number
  append(piece: Uint8Array): Promise<void>
  /** Empties it. */
  restart(): Promise<void>
  /** SHA-256 of all of it. */
  digest(): string
  close(): Promise<void>
}

/** Goes on with the file at `path`, which is begun anew if it has more than `maxBytes`. */
export async function openPartFile(path: string, maxBytes: number): Promise<PartFile> {
  const handle = await open(path, 'a', PRIVATE_FILE)
  let { size: held } = await handle.stat()
  let hash = createHash('sha256')
  const restart = async (): Promise<void> => {
    await handle.truncate(0)
    held = 0
    hash = createHash('sha256')
  }
  if (held > maxBytes) await restart()
  else await hashFile(path, hash)
  return {
    held: () => held,
    async append(piece) {
      hash.update(piece)
      held += piece.length
      await handle.writeFile(piece)
    },
    restart,
    digest: () => hash.digest('hex'),
    close: () => handle.close(),
  }
}

/** Adds the file at `path` to a hash. */
export async function hashFile(path: string, hash: Hash): Promise<Hash> {
  const handle = await open(path, 'r')
  const piece = new Uint8Array(READ_BYTES)
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
