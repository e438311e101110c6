import { Worker } from 'node:worker_threads'
import { ownModule } from '@consilium/engine/own-module'
import { BlobCorruptError } from '../../errors.ts'
import type { ReaderData, ReadReply, ReadRequest } from './read-request.ts'

export interface ReadThread {
  /** Requests are served in their order. Throws BLOB_CORRUPT. */
  ask(request: ReadRequest): Promise<void>
  terminate(): Promise<unknown>
}

export function startReadThread(workerData: ReaderData): ReadThread {
  const { url, ...flags } = ownModule('read-worker', import.meta.url)
  const worker = new Worker(url, { ...flags, workerData })
  const waiting: { resolve: () => void; reject: (error: unknown) => void }[] = []
  worker.on('message', ({ corrupt }: ReadReply) => {
    const { resolve, reject } = waiting.shift()!
    if (corrupt === undefined) resolve()
    else reject(new BlobCorruptError(corrupt))
  })
  let ended: Error | undefined
  const end = (cause: Error): void => {
    ended ??= cause
    for (const { reject } of waiting.splice(0)) reject(ended)
  }
  worker.on('error', end).on('exit', () => {
    end(new Error('internal: a reading thread has ended'))
  })
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended)
          return
        }
        waiting.push({ resolve, reject })
        worker.postMessage(request)
      }),
    terminate: () => worker.terminate(),
  }
}
