/** The way of an update to the coordinator: offered, sent in chunks from where it stands, committed. */
import { open } from 'node:fs/promises'
import type { Frame } from '@consilium/proto'
import { CoordinatorAnswerError } from '../errors.ts'
import { requestJson } from './bulk-http.ts'
import type { LeftLog } from './left-log.ts'
import type { RoundWork } from './round-work.ts'

/** The coordinator takes no larger chunk. */
export const CHUNK_BYTES = 4 * 1024 * 1024

export interface UploadOptions {
  readonly url: string
  readonly token: string
  readonly work: RoundWork
  readonly file: string
  /** Sends a frame and returns the answer. */
  readonly ask: (frame: Frame) => Promise<Frame>
  readonly left: LeftLog
  readonly signal: AbortSignal
}

/** Resolves when the coordinator has the update for good. Doing it again is harmless. */
export async function uploadUpdate(options: UploadOptions): Promise<void> {
  const { url, work, ask } = options
  const decision = await ask({ kind: 'updateOffer', ...work })
  if (decision.kind !== 'updateDecision' || decision.offset > work.updateBytes) {
    throw new CoordinatorAnswerError({
      url,
      got: `'${decision.kind}' to an offer`,
      retryable: false,
    })
  }
  await sendFrom(decision.offset, options)
  const { round, updateSha256 } = work
  const ack = await ask({ kind: 'updateCommit', round, updateSha256 })
  if (ack.kind !== 'updateAck' || ack.updateSha256 !== updateSha256) {
    throw new CoordinatorAnswerError({ url, got: `'${ack.kind}' to a commit`, retryable: false })
  }
}

async function sendFrom(
  first: number,
  { url, token, work, file, left, signal }: UploadOptions,
): Promise<void> {
  const { round, updateSha256, updateBytes: total } = work
  const handle = await open(file, 'r')
  try {
    for (let offset = first; offset < total; offset += CHUNK_BYTES) {
      const body = new Uint8Array(Math.min(CHUNK_BYTES, total - offset))
      await handle.read(body, 0, body.length, offset)
      left({ kind: 'update bytes', round, content: body })
      await requestJson({
        url: `${url}/v1/updates/${updateSha256}`,
        method: 'PUT',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/octet-stream',
          'content-range': `bytes ${offset}-${offset + body.length - 1}/${total}`,
        },
        body,
        signal,
      })
    }
  } finally {
    await handle.close()
  }
}
