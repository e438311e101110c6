/** The way of an update to the coordinator: offered with the digests of its chunks, sent as far as it is missing, committed. */
import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import {
  chunkCount,
  chunkRange,
  CHUNK_BYTES,
  type Cut,
  type Frame,
  type Frames,
} from '@consilium/proto'
import { CoordinatorAnswerError } from '../errors.ts'
import type { Pace } from '../pace/pace.ts'
import { IDLE_TIMEOUT_MS, requestJson } from './bulk-http.ts'
import { forEachAtOnce } from './for-each-at-once.ts'
import type { LeftLog } from './left-log.ts'
import type { RoundWork } from './round-work.ts'

/** Chunks on their way at a time: enough to fill a link whose answers take long. */
export const UPLOADS_AT_ONCE = 3

/**
 * How many times as long as at first nothing may seem to move, at most. What the system has taken of a body is on its way
 * unseen: a chunk of 1 MiB for five minutes where a link carries 3.5 kB/s.
 */
export const MAX_PATIENCE = 5

export interface UploadOptions {
  readonly url: string
  readonly token: string
  readonly work: RoundWork
  readonly file: string
  /** Sends a frame and returns the answer. */
  readonly ask: (frame: Frame) => Promise<Frame>
  readonly left: LeftLog
  /** From 1 on. After a failed one, chunks go one by one and get more time: the link may be slow. */
  readonly attempt: number
  readonly pace?: Pace
  readonly signal: AbortSignal
}

/** Resolves when the coordinator has the update for good. Doing it again is harmless. */
export async function uploadUpdate(options: UploadOptions): Promise<void> {
  const handle = await open(options.file, 'r')
  try {
    await sendMissing(options, handle)
  } finally {
    await handle.close()
  }
  await commit(options)
}

async function sendMissing(options: UploadOptions, handle: FileHandle): Promise<void> {
  const { work, ask, url, attempt, signal } = options
  const cut = { bytes: work.updateBytes, chunkBytes: CHUNK_BYTES }
  const chunkSha256 = await digestsOf(handle, cut)
  const offer: Frames['updateOffer'] = {
    kind: 'updateOffer',
    ...work,
    chunkBytes: cut.chunkBytes,
    chunkSha256,
  }
  const decision = await ask(offer)
  const ranges = decision.kind === 'updateDecision' ? missingRanges(offer, decision) : undefined
  if (ranges === undefined) {
    const got = `'${decision.kind}' to an offer`
    throw new CoordinatorAnswerError({ url, got, retryable: false })
  }
  const spare: Uint8Array[] = []
  const atOnce = attempt === 1 ? ranges.atOnce : 1
  await forEachAtOnce(ranges.list, { atOnce, signal }, async (range, stop) => {
    const room = spare.pop() ?? new Uint8Array(CHUNK_BYTES)
    const body = room.subarray(0, range.end - range.start)
    await fill(body, handle, range.start)
    await sendRange(options, { ...range, body, signal: stop })
    spare.push(room)
  })
}

interface Range {
  readonly start: number
  readonly end: number
  /** Of its bytes, where it is a chunk of the offer. */
  readonly sha256?: string
}

/** A coordinator of version 1 knows no chunks: it takes what follows what it has. Undefined if the answer makes no sense. */
function missingRanges(
  { updateBytes: bytes, chunkBytes, chunkSha256 }: Frames['updateOffer'],
  { offset, missingChunks }: Frames['updateDecision'],
): { readonly list: readonly Range[]; readonly atOnce: number } | undefined {
  const cut = { bytes, chunkBytes }
  const count = chunkCount(cut)
  const chunkOf = (index: number): Range => ({
    ...chunkRange(cut, index),
    sha256: Buffer.from(chunkSha256[index]!).toString('hex'),
  })
  if (offset > cut.bytes || missingChunks.some((index) => index >= count)) return undefined
  if (missingChunks.length > 0)
    return { list: [...new Set(missingChunks)].map(chunkOf), atOnce: UPLOADS_AT_ONCE }
  const rest = { bytes: cut.bytes - offset, chunkBytes: cut.chunkBytes }
  const list = Array.from({ length: chunkCount(rest) }, (_, index) => {
    const { start, end } = chunkRange(rest, index)
    return { start: offset + start, end: offset + end }
  })
  return { list, atOnce: 1 }
}

async function sendRange(
  { url, token, work, left, pace, attempt }: UploadOptions,
  { start, end, sha256, body, signal }: Range & { body: Uint8Array; signal: AbortSignal },
): Promise<void> {
  const { round, updateSha256, updateBytes } = work
  left({ kind: 'update bytes', round, content: body, ...(sha256 === undefined ? {} : { sha256 }) })
  await requestJson({
    url: `${url}/v1/updates/${updateSha256}`,
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/octet-stream',
      'content-range': `bytes ${start}-${end - 1}/${updateBytes}`,
    },
    body,
    ...(pace === undefined ? {} : { pace }),
    idleTimeoutMs: IDLE_TIMEOUT_MS * Math.min(attempt, MAX_PATIENCE),
    signal,
  })
}

async function commit({ url, work, ask }: UploadOptions): Promise<void> {
  const { round, updateSha256 } = work
  const ack = await ask({ kind: 'updateCommit', round, updateSha256 })
  if (ack.kind !== 'updateAck' || ack.updateSha256 !== updateSha256) {
    throw new CoordinatorAnswerError({ url, got: `'${ack.kind}' to a commit`, retryable: false })
  }
}

async function digestsOf(handle: FileHandle, cut: Cut): Promise<Uint8Array[]> {
  const digests: Uint8Array[] = []
  const room = new Uint8Array(cut.chunkBytes)
  for (let index = 0; index < chunkCount(cut); index += 1) {
    const { start, end } = chunkRange(cut, index)
    const bytes = room.subarray(0, end - start)
    await fill(bytes, handle, start)
    digests.push(createHash('sha256').update(bytes).digest())
  }
  return digests
}

async function fill(bytes: Uint8Array, handle: FileHandle, start: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done)
    if (bytesRead === 0) throw new Error('internal: the update became shorter')
    done += bytesRead
  }
}
