import { Worker } from 'node:worker_threads'
import { ownModule } from '@consilium/engine/own-module'
import type { Schema } from '@consilium/weights'
import type { UpdateFile, UpdateVerdict } from './update-file.ts'

export interface CheckThread {
  /** Updates that wait for it, with the one it reads. */
  waiting(): number
  /** It broke: nothing may be given to it any more. */
  hasEnded(): boolean
  /** In their order. */
  check(update: UpdateFile): Promise<UpdateVerdict>
  terminate(): Promise<unknown>
}

export function startCheckThread(model: Schema): CheckThread {
  const { url, ...flags } = ownModule('check-worker', import.meta.url)
  const shapes: Schema = new Map([...model].map(([name, { shape }]) => [name, { shape }]))
  const worker = new Worker(url, { ...flags, workerData: shapes })
  const waiting: { resolve: (verdict: UpdateVerdict) => void; reject: (error: Error) => void }[] =
    []
  let ended: Error | undefined
  const end = (cause: Error): void => {
    ended ??= cause
    for (const { reject } of waiting.splice(0)) reject(ended)
  }
  worker
    .on('message', (verdict: UpdateVerdict) => {
      waiting.shift()!.resolve(verdict)
    })
    .on('error', end)
    .on('exit', () => {
      end(new Error('internal: a checking thread has ended'))
    })
  return {
    waiting: () => waiting.length,
    hasEnded: () => ended !== undefined,
    check: (update) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        worker.postMessage(update)
      }),
    terminate: () => worker.terminate(),
  }
}
