/** A thread that folds one round and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { ConsiliumError } from '@consilium/errors'
import { foldFiles } from './fold-files.ts'
import type { FoldJob, FoldReply } from './fold-request.ts'

const { request, targets } = workerData as FoldJob

async function reply(): Promise<FoldReply> {
  try {
    return { kind: 'folded', files: await foldFiles(request, targets) }
  } catch (error) {
    if (!(error instanceof ConsiliumError)) throw error
    const { code, message, retryable } = error
    return { kind: 'failed', error: { code, message, retryable } }
  }
}

parentPort!.postMessage(await reply())
