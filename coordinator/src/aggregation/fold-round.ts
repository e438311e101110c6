/**
 * The one entry point of aggregation: folds a round's updates into the next model, in a thread, so that the coordinator
 * answers its sites meanwhile. The result is in the blob store, durably, before it is told.
 */
import { rm } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { ownModule } from '@consilium/engine/own-module'
import { ConsiliumError } from '@consilium/errors'
import type { Blob, BlobStore } from '../blobs/blob-store.ts'
import { assertEnough } from './assert-enough.ts'
import type { Contribution, FoldedFiles, FoldJob, FoldReply, FoldRequest } from './fold-request.ts'

export interface FoldedRound {
  readonly model: Blob
  /** What the rule keeps for the next round, if it keeps anything. */
  readonly state?: Blob
  /** In the order of the site ids. */
  readonly contributions: readonly Contribution[]
}

export interface FoldDeps {
  readonly blobs: BlobStore
  readonly signal: AbortSignal
}

/**
 * Throws errors of code BLOB_CORRUPT, if a file changed on disk, AVERAGE_NOT_FINITE and COHORT_TOO_SMALL; and the
 * signal's reason. Folding the same again gives the same bits, so after a crash it is simply done again.
 */
export async function foldRound(
  request: FoldRequest,
  { blobs, signal }: FoldDeps,
): Promise<FoldedRound> {
  assertEnough(request)
  const targets = { model: blobs.temporaryPath(), state: blobs.temporaryPath() }
  try {
    const { model, state, contributions } = await runThread({ request, targets }, signal)
    return {
      ...(state !== undefined && { state: await blobs.adopt(state) }),
      model: await blobs.adopt(model),
      contributions,
    }
  } catch (error) {
    await Promise.all(Object.values(targets).map((path) => rm(path, { force: true })))
    throw error
  }
}

async function runThread(job: FoldJob, signal: AbortSignal): Promise<FoldedFiles> {
  signal.throwIfAborted()
  const { url, ...flags } = ownModule('fold-worker', import.meta.url)
  const worker = new Worker(url, { ...flags, workerData: job })
  const reply = await new Promise<FoldReply>((resolve, reject) => {
    const stop = (): void => {
      void worker.terminate()
    }
    signal.addEventListener('abort', stop, { once: true })
    worker
      .on('message', resolve)
      .on('error', reject)
      .on('exit', () => {
        signal.removeEventListener('abort', stop)
        reject(
          signal.aborted
            ? (signal.reason as Error)
            : new Error('internal: the folding thread has ended'),
        )
      })
  })
  if (reply.kind === 'folded') return reply.files
  throw new ConsiliumError(reply.error)
}
