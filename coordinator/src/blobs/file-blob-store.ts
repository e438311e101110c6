/** Blobs as files of one folder, `sha256/ab/<digest>`; several processes may share it. */
import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { BlobCorruptError, BlobMissingError } from '../errors.ts'
import type { BlobStore } from './blob-store.ts'
import { moveDurably, writeChunks } from './durable-file.ts'

/** Opens or creates the store in `folder` and clears what an interrupted write left. */
export async function openFileBlobStore(folder: string): Promise<BlobStore> {
  const temporary = join(folder, 'temporary')
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true })
  const pathOf = (digest: string): string => join(folder, 'sha256', digest.slice(0, 2), digest)
  const temporaryPath = (): string => join(temporary, randomUUID())
  const adopt: BlobStore['adopt'] = async ({ path, ...blob }) => {
    await moveDurably(path, pathOf(blob.sha256))
    return blob
  }
  return {
    async read(digest) {
      const bytes = await orMissing(digest, readFile(pathOf(digest)))
      if (sha256(bytes) !== digest) throw new BlobCorruptError(digest)
      return bytes
    },
    async file(digest) {
      await orMissing(digest, access(pathOf(digest)))
      return pathOf(digest)
    },
    async write(chunks) {
      const path = temporaryPath()
      const hash = createHash('sha256')
      let bytes = 0
      const measured = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of chunks) {
          hash.update(chunk)
          bytes += chunk.length
          yield chunk
        }
      }
      await writeChunks(path, measured())
      return adopt({ path, sha256: hash.digest('hex'), bytes })
    },
    temporaryPath,
    adopt,
    remove: (digest) => rm(pathOf(digest), { force: true }),
  }
}

async function orMissing<T>(digest: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new BlobMissingError(digest)
    throw cause
  }
}
