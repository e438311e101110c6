/** Content-addressed files, `sha256/ab/<digest>`: the global models and the release. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { BlobCorruptError } from '../errors.ts'
import { moveDurably, writeChunks } from './durable-file.ts'

export interface Blob {
  readonly sha256: string
  readonly bytes: number
}

export interface BlobStore {
  readonly folder: string
  /** Below `folder`, of a digest that is 64 hexadecimal digits. */
  relativePath(digest: string): string
  pathOf(digest: string): string
  /** Reads it all and checks it. Throws BLOB_CORRUPT. */
  read(digest: string): Promise<Uint8Array>
  write(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Blob>
}

/** Opens or creates the store in `folder` and clears what an interrupted write left. */
export async function openBlobStore(folder: string): Promise<BlobStore> {
  const temporary = join(folder, 'temporary')
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true })
  const relativePath = (digest: string): string => join('sha256', digest.slice(0, 2), digest)
  const pathOf = (digest: string): string => join(folder, relativePath(digest))
  return {
    folder,
    relativePath,
    pathOf,
    async read(digest) {
      const bytes = await readFile(pathOf(digest))
      if (sha256(bytes) !== digest) throw new BlobCorruptError(digest)
      return bytes
    },
    async write(chunks) {
      const path = join(temporary, randomUUID())
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
      const digest = hash.digest('hex')
      await moveDurably(path, pathOf(digest))
      return { sha256: digest, bytes }
    },
  }
}
