import { createHash, randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { PRIVATE_FILE, syncFolder } from './replace-file.ts'

/** A file that is written in pieces, and takes the place of the old one when it is whole. */
export interface Replacement {
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when the new file would survive a power cut. */
  finish(): Promise<{ readonly sha256: string; readonly bytes: number }>
  /** The old file stays. Nothing to do after `finish`. */
  abandon(): Promise<void>
}

export async function openReplacement(file: string): Promise<Replacement> {
  const temporary = `${file}.${randomUUID()}.tmp`
  const handle = await open(temporary, 'wx', PRIVATE_FILE)
  const hash = createHash('sha256')
  let bytes = 0
  let finished = false
  return {
    async write(piece) {
      hash.update(piece)
      bytes += piece.length
      await handle.writeFile(piece)
    },
    async finish() {
      finished = true
      await handle.sync()
      await handle.close()
      await rename(temporary, file)
      await syncFolder(path.dirname(file))
      return { sha256: hash.digest('hex'), bytes }
    },
    async abandon() {
      if (finished) return
      await handle.close()
      await rm(temporary, { force: true })
    },
  }
}
