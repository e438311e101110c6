/**
 * Blobs as objects `sha256/<digest>` of an S3 bucket, with copies of those in use in a folder of this coordinator. What is
 * written goes through a file of that folder first: its digest is its name. The copies are cleared at each start.
 */
import { randomUUID } from 'node:crypto'
import { access, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { BlobCorruptError, BlobMissingError } from '../../errors.ts'
import type { Blob, BlobStore } from '../blob-store.ts'
import { writeMeasured } from '../write-measured.ts'
import { S3Error } from './s3-errors.ts'
import type { S3Objects } from './s3-objects.ts'

/** What is larger is sent in parts of this size; one is in memory at a time. */
export const PART_BYTES = 16 * 1024 * 1024

/** A copy that nobody asked for in so long is deleted; the object stays. */
const COPY_IDLE_MS = 3_600_000

/** A download that breaks off is begun again so often. */
const DOWNLOAD_ATTEMPTS = 4

export async function openS3BlobStore(objects: S3Objects, folder: string): Promise<BlobStore> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const copyOf = (digest: string): string => join(folder, digest)
  const fetching = new Map<string, Promise<void>>()

  const file = async (digest: string): Promise<string> => {
    const path = copyOf(digest)
    if (!(await touch(path))) {
      const work = fetching.get(digest) ?? fetchCopy(objects, digest, path)
      fetching.set(digest, work)
      await work.finally(() => fetching.delete(digest))
    }
    return path
  }

  const temporaryPath = (): string => join(folder, `${randomUUID()}.part`)

  const adopt: BlobStore['adopt'] = async ({ path, ...blob }) => {
    await removeIdle(folder)
    if ((await objects.size(keyOf(blob.sha256))) !== blob.bytes) await upload(objects, path, blob)
    await rename(path, copyOf(blob.sha256))
    return blob
  }

  return {
    file,
    async read(digest) {
      const bytes = await readFile(await file(digest))
      if (sha256(bytes) !== digest) throw new BlobCorruptError(digest)
      return bytes
    },
    async write(chunks) {
      const path = temporaryPath()
      try {
        return await adopt({ path, ...(await writeMeasured(path, chunks)) })
      } finally {
        await rm(path, { force: true })
      }
    },
    temporaryPath,
    adopt,
    async remove(digest) {
      await objects.remove(keyOf(digest))
      await rm(copyOf(digest), { force: true })
    },
    forget: (digest) => rm(copyOf(digest), { force: true }),
  }
}

/** Below the prefix of the store. */
export const keyOf = (digest: string): string => `sha256/${digest}`

/** Throws BLOB_MISSING and BLOB_CORRUPT. */
async function fetchCopy(objects: S3Objects, digest: string, path: string): Promise<void> {
  const part = `${path}.${randomUUID()}.part`
  try {
    const fetched = await download(objects, digest, part)
    if (fetched.sha256 !== digest) throw new BlobCorruptError(digest)
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
}

async function download(objects: S3Objects, digest: string, part: string): Promise<Blob> {
  for (let attempt = 1; ; attempt += 1) {
    const body = await objects.get(keyOf(digest))
    if (body === undefined) throw new BlobMissingError(digest)
    try {
      return await writeMeasured(part, body)
    } catch (cause) {
      if (!(cause instanceof S3Error) || attempt === DOWNLOAD_ATTEMPTS) throw cause
    }
  }
}

async function upload(
  objects: S3Objects,
  path: string,
  { sha256: digest, bytes }: Blob,
): Promise<void> {
  if (bytes <= PART_BYTES) await objects.put(keyOf(digest), await readFile(path))
  else await objects.putParts(keyOf(digest), partsOf(path))
}

async function* partsOf(path: string): AsyncGenerator<Uint8Array> {
  const source = await open(path)
  try {
    const buffer = Buffer.alloc(PART_BYTES)
    for (;;) {
      const { bytesRead } = await source.read(buffer, 0, PART_BYTES, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await source.close()
  }
}

/** Marks the copy as used; false if there is none. */
async function touch(path: string): Promise<boolean> {
  const now = new Date()
  return access(path).then(
    async () => {
      await utimes(path, now, now)
      return true
    },
    () => false,
  )
}

async function removeIdle(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const used = await stat(path).catch(() => undefined) // Another write may have removed it.
    if (used !== undefined && Date.now() - used.mtimeMs > COPY_IDLE_MS)
      await rm(path, { force: true })
  }
}
