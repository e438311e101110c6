/** A thread that reads ahead for a fold, in the order it is asked. */
import { parentPort, workerData } from 'node:worker_threads'
import { openBlockFiles } from './read-blocks.ts'
import type { ReaderData, ReadRequest } from './read-request.ts'

const files = openBlockFiles(workerData as ReaderData)

parentPort!.on('message', (request: ReadRequest) => {
  parentPort!.postMessage(files.handle(request))
})
