/** A blob of the coordinator as a file. An interrupted download goes on where it stopped. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { BlobDigestError, CoordinatorAnswerError, CoordinatorOfflineError } from '../errors.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER, syncFolder } from '../state/replace-file.ts'
import { systemErrorCode } from '../state/system-error-code.ts'
import { bodyOf, request } from './bulk-http.ts'

export interface Blob {
  readonly sha256: string
  readonly bytes: number
}

export interface DownloadOptions {
  /** Of the coordinator, without a slash at the end. */
  readonly url: string
  readonly token: string
  readonly blob: Blob
  /** Where it goes. Bytes that have arrived wait beside it, in `<file>.part`. */
  readonly file: string
  readonly signal: AbortSignal
}

/** Throws BLOB_DIGEST_MISMATCH (nothing is kept then) and what `request` throws. */
export async function downloadBlob({
  url,
  token,
  blob,
  file,
  signal,
}: DownloadOptions): Promise<void> {
  if (await isWhole(file, blob)) return
  const part = `${file}.part`
  await mkdir(path.dirname(file), { recursive: true, mode: PRIVATE_FOLDER })
  const handle = await open(part, 'a', PRIVATE_FILE)
  try {
    const held = await usableBytes(handle, blob)
    if (held < blob.bytes) await fetchRest({ url, token, blob, signal }, handle, held)
    await handle.sync()
  } finally {
    await handle.close()
  }
  const got = await sha256OfFile(part)
  if (got !== blob.sha256) {
    await rm(part, { force: true })
    throw new BlobDigestError({ expected: blob.sha256, got })
  }
  await rename(part, file)
  await syncFolder(path.dirname(file))
}

/** True if the file is there and is the blob. */
export async function isWhole(file: string, { sha256, bytes }: Blob): Promise<boolean> {
  const size = await stat(file).then(
    (info) => info.size,
    (error: unknown) => {
      if (systemErrorCode(error) === 'ENOENT') return -1
      throw error
    },
  )
  return size === bytes && (await sha256OfFile(file)) === sha256
}

/** A part file that is longer than the blob is no part of it. */
async function usableBytes(handle: FileHandle, { bytes }: Blob): Promise<number> {
  const { size } = await handle.stat()
  if (size <= bytes) return size
  await handle.truncate(0)
  return 0
}

async function fetchRest(
  { url, token, blob, signal }: Omit<DownloadOptions, 'file'>,
  handle: FileHandle,
  held: number,
): Promise<void> {
  const address = `${url}/v1/blobs/${blob.sha256}`
  const range = held > 0 ? { range: `bytes=${held}-` } : {}
  const headers = { authorization: `Bearer ${token}`, ...range }
  await request({ url: address, headers, signal }, async (response, moved) => {
    let offset = held
    if (response.status !== 206) {
      await handle.truncate(0)
      offset = 0
    } else if (!response.headers.get('content-range')?.startsWith(`bytes ${held}-`)) {
      throw new CoordinatorAnswerError({ url: address, got: 'another range', retryable: false })
    }
    for await (const chunk of bodyOf(response)) {
      moved()
      offset += chunk.length
      if (offset > blob.bytes) {
        throw new CoordinatorAnswerError({ url: address, got: 'too many bytes', retryable: false })
      }
      await handle.writeFile(chunk)
    }
    if (offset < blob.bytes) throw new CoordinatorOfflineError({ url })
  })
}

async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
