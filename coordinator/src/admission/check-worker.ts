/** The beginning of a checking thread. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Schema } from '@consilium/weights'
import { inspectUpdate } from './inspect-update.ts'
import type { UpdateFile } from './update-file.ts'

parentPort!.on('message', (update: UpdateFile) => {
  parentPort!.postMessage(inspectUpdate(update, workerData as Schema))
})
