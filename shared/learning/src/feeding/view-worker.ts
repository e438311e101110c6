/** A thread that fills slots with views, in the order it is asked. It loads the augmentation and nothing native. */
// eslint-disable-next-line no-restricted-imports -- feeding owns its threads, as the engine's runtimes do
import { parentPort, workerData } from 'node:worker_threads'
import type { FillReply, FillRequest, ViewThreadData } from './feed-messages.ts'
import { fillViews } from './fill-views.ts'

const { source, slots } = workerData as ViewThreadData

parentPort!.on('message', ({ slot, spec }: FillRequest) => {
  fillViews(source, spec, slots[slot]!)
  parentPort!.postMessage(slot satisfies FillReply)
})
