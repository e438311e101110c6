/** Blobs as files of one folder, `sha256/ab/<digest>`; several processes may share it. */
import { randomUUID } from 'node:crypto'
import { access, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { BlobCorruptError, BlobMissingError } from '../errors.ts'
import type { BlobStore } from './blob-store.ts'
import { moveDurably } from './durable-file.ts'
import { writeMeasured } from './write-measured.ts'

/** In a shared folder, a file that has not grown for so long is nobody's any more. */
const ABANDONED_MS = 24 * 3_600_000

/**
 * Opens or creates the store in `folder` and clears what an interrupted write left. In a shared folder another process
 * may be writing: there only what is a day old is cleared.
 */
export async function openFileBlobStore(
  folder: string,
  { shared = false }: { shared?: boolean } = {},
): Promise<BlobStore> {
  const temporary = join(folder, 'temporary')
  await mkdir(temporary, { recursive: true })
  await clear(temporary, shared ? ABANDONED_MS : -Infinity)
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
      return adopt({ path, ...(await writeMeasured(path, chunks)) })
    },
    temporaryPath,
    adopt,
    remove: (digest) => rm(pathOf(digest), { force: true }),
    forget: () => Promise.resolve(),
  }
}

async function clear(folder: string, idleMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const idle = await stat(path).catch(() => undefined) // Another process may have moved it.
    if (idle !== undefined && Date.now() - idle.mtimeMs >= idleMs) await rm(path, { force: true })
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
