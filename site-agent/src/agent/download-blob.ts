/** A blob of the coordinator as a file. An interrupted download goes on where it stopped. */
import { createHash } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { isSha256 } from '@consilium/weights'
import { BlobDigestError, CoordinatorAnswerError, CoordinatorOfflineError } from '../errors.ts'
import type { Pace } from '../pace/pace.ts'
import { PRIVATE_FOLDER } from '../state/replace-file.ts'
import { systemErrorCode } from '../state/system-error-code.ts'
import { bodyOf, request } from './bulk-http.ts'
import { hashFile, openPartFile, type PartFile } from './part-file.ts'

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
  readonly pace?: Pace
  readonly signal: AbortSignal
}

/**
 * Throws BLOB_DIGEST_MISMATCH (nothing is kept then) and what `request` throws. The file is not synced: whoever finds it
 * after a power cut checks its digest, as this does.
 */
export async function downloadBlob({
  url,
  token,
  blob,
  file,
  pace,
  signal,
}: DownloadOptions): Promise<void> {
  // Names of files are made of it.
  if (!isSha256(blob.sha256))
    throw new CoordinatorAnswerError({ url, got: 'a digest that is none', retryable: false })
  if (await isWhole(file, blob)) return
  const part = `${file}.part`
  await mkdir(path.dirname(file), { recursive: true, mode: PRIVATE_FOLDER })
  const arriving = await openPartFile(part, blob.bytes)
  try {
    if (arriving.held() < blob.bytes) await fetchRest({ url, token, blob, pace, signal }, arriving)
  } finally {
    await arriving.close()
  }
  const got = arriving.digest()
  if (got !== blob.sha256) {
    await rm(part, { force: true })
    throw new BlobDigestError({ expected: blob.sha256, got })
  }
  await rename(part, file)
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

type Fetch = Pick<DownloadOptions, 'url' | 'token' | 'blob' | 'signal'> & {
  readonly pace: Pace | undefined
}

async function fetchRest(
  { url, token, blob, pace, signal }: Fetch,
  arriving: PartFile,
): Promise<void> {
  const held = arriving.held()
  const address = `${url}/v1/blobs/${blob.sha256}`
  const range = held > 0 ? { range: `bytes=${held}-` } : {}
  const headers = { authorization: `Bearer ${token}`, ...range }
  await request({ url: address, headers, signal }, async (response) => {
    if (response.statusCode !== 206) await arriving.restart()
    else if (!response.headers['content-range']?.startsWith(`bytes ${held}-`)) {
      throw new CoordinatorAnswerError({ url: address, got: 'another range', retryable: false })
    }
    for await (const chunk of bodyOf(response)) {
      if (arriving.held() + chunk.length > blob.bytes) {
        throw new CoordinatorAnswerError({ url: address, got: 'too many bytes', retryable: false })
      }
      await arriving.append(chunk)
      await pace?.allow(chunk.length, signal)
    }
    if (arriving.held() < blob.bytes) throw new CoordinatorOfflineError({ url })
  })
}

const sha256OfFile = async (file: string): Promise<string> =>
  (await hashFile(file, createHash('sha256'))).digest('hex')
