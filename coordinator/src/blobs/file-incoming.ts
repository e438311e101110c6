/**
 * Incoming updates as files, `<site>/<digest>.part`: chunks are written where they belong, in any order, so the file may
 * have holes. Nothing says which are there but their digests, so nothing can be wrong about it after a crash.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { chunkRange } from '@consilium/proto'
import { writeAllAt } from './durable-file.ts'
import type { Chunks, Incoming, OpenIncoming } from './incoming.ts'

export function createFileIncoming(folder: string): OpenIncoming {
  return async ({ site, digest, chunks }) => {
    const siteFolder = join(folder, site)
    const name = `${digest}.part`
    const path = join(siteFolder, name)
    await mkdir(siteFolder, { recursive: true })
    for (const other of await readdir(siteFolder)) {
      if (other !== name) await rm(join(siteFolder, other))
    }
    await withFile(path, 'a', () => Promise.resolve())
    return fileIncoming(path, chunks)
  }
}

function fileIncoming(path: string, chunks: Chunks | undefined): Incoming {
  /** Looked for once: nobody else writes to the file. */
  let held: Promise<Set<number>> | undefined
  const heldChunks = (): Promise<Set<number>> =>
    (held ??= withFile(path, 'r', (file) => findHeld(file, assertChunks(chunks))))
  return {
    size: async () => (await stat(path)).size,
    append: (offset, bytes) =>
      withFile(path, 'r+', async (file) => {
        let end = offset
        for await (const piece of bytes) end = await writeAllAt(file, piece, end)
      }),
    heldChunks,
    writeChunk: (index, bytes) =>
      withFile(path, 'r+', async (file) => {
        const cut = assertChunks(chunks)
        const hash = createHash('sha256')
        let end = chunkRange(cut, index).start
        for await (const piece of bytes) {
          hash.update(piece)
          end = await writeAllAt(file, piece, end)
        }
        const fits = hash.digest().equals(cut.sha256[index]!)
        if (fits) (await heldChunks()).add(index)
        return fits
      }),
    file: () => Promise.resolve(path),
    remove: () => rm(path, { force: true }),
  }
}

async function findHeld(file: FileHandle, chunks: Chunks): Promise<Set<number>> {
  const held = new Set<number>()
  const { size } = await file.stat()
  const buffer = Buffer.allocUnsafe(Math.min(chunks.chunkBytes, size))
  for (const [index, digest] of chunks.sha256.entries()) {
    const { start, end } = chunkRange(chunks, index)
    if (end > size) break
    const bytes = buffer.subarray(0, end - start)
    await readAllAt(file, bytes, start)
    if (createHash('sha256').update(bytes).digest().equals(digest)) held.add(index)
  }
  return held
}

async function readAllAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done)
    if (bytesRead === 0) throw new Error('internal: an incoming update became shorter')
    done += bytesRead
  }
}

async function withFile<T>(
  path: string,
  flags: string,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

function assertChunks(chunks: Chunks | undefined): Chunks {
  if (chunks === undefined) throw new Error('internal: the update was opened without chunks')
  return chunks
}
