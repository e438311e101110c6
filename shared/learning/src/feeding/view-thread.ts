// eslint-disable-next-line no-restricted-imports -- feeding owns its threads, as the engine's runtimes do
import { Worker } from 'node:worker_threads'
import { ownModule } from '@consilium/engine/own-module'
import type { FillReply, FillRequest, ViewThreadData } from './feed-messages.ts'

interface ViewThreadEvents {
  readonly onFilled: (slot: FillReply) => void
  /** The thread has ended, by a defect or by `terminate`. */
  readonly onEnded: (cause: unknown) => void
}

export interface ViewThread {
  fill(request: FillRequest): void
  /** Ends the thread wherever it is: it computes in JavaScript only, which can be interrupted. */
  terminate(): Promise<unknown>
}

export function startViewThread(
  data: ViewThreadData,
  { onFilled, onEnded }: ViewThreadEvents,
): ViewThread {
  const { url, ...flags } = ownModule('view-worker', import.meta.url)
  const worker = new Worker(url, { ...flags, workerData: data })
  worker.on('message', onFilled).on('error', onEnded).on('exit', onEnded)
  return {
    fill: ({ slot, spec: { path, images, views } }) => {
      // A part of a larger array would travel with the whole of it.
      worker.postMessage({
        slot,
        spec: { path, images: images.slice(), views: views.slice() },
      } satisfies FillRequest)
    },
    terminate: () => worker.terminate(),
  }
}
