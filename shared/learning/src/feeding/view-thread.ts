// eslint-disable-next-line no-restricted-imports -- feeding owns its threads, as the engine's runtimes do
import { Worker } from 'node:worker_threads'
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
  const isSource = import.meta.url.endsWith('.ts')
  const worker = new Worker(
    new URL(isSource ? './view-worker.ts' : './view-worker.js', import.meta.url),
    { workerData: data, ...(isSource && { execArgv: sourceFlags }) },
  )
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

/** Tests run from source, where Node strips the types itself. */
const sourceFlags = [
  '--experimental-strip-types',
  '--disable-warning=ExperimentalWarning',
  '--conditions=consilium-source',
]
