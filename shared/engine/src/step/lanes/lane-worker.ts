/** A lane: one thread that holds single-threaded ONNX Runtime sessions and runs what it is told, in order. */
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import type * as OnnxRuntime from 'onnxruntime-node'
import { runInPlace, type OnnxTensors } from '../../runtimes/run-in-place.ts'
import { sessionOptions } from '../../runtimes/session-options.ts'
import type {
  LaneData,
  LaneReplies,
  LaneReply,
  LaneRequest,
  SharedTensors,
} from './lane-messages.ts'

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime

const { provider } = workerData as LaneData

interface Binding {
  readonly session: OnnxRuntime.InferenceSession
  readonly feeds: OnnxTensors
  readonly fetches: OnnxTensors
}

const sessions: OnnxRuntime.InferenceSession[] = []
const bindings: Binding[] = []

async function handle(request: LaneRequest): Promise<LaneReplies[keyof LaneReplies]> {
  switch (request.kind) {
    case 'load': {
      const options = sessionOptions({ ...request, threads: 1, provider })
      const session = await ort.InferenceSession.create(request.model, options)
      sessions.push(session)
      const outputs = session.outputMetadata.flatMap((output) =>
        output.isTensor ? [[output.name, output.shape as number[]] as const] : [],
      )
      return { session: sessions.length - 1, outputs }
    }
    case 'bind': {
      const { session, feeds, fetches } = request
      bindings.push({
        session: sessions[session]!,
        feeds: tensorsOf(feeds),
        fetches: tensorsOf(fetches),
      })
      return bindings.length - 1
    }
    case 'run':
      for (const index of request.bindings) {
        const { session, feeds, fetches } = bindings[index]!
        await runInPlace(session, feeds, fetches)
      }
      return undefined
    case 'release':
      for (const session of sessions) await session.release()
      return undefined
    default:
      return request satisfies never
  }
}

const tensorsOf = (arrays: SharedTensors): OnnxTensors =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { data, dims }]) => [
      name,
      new ort.Tensor('float32', data, [...dims]),
    ]),
  )

const reply = (message: LaneReply): void => {
  parentPort?.postMessage(message)
}

let last: Promise<void> = Promise.resolve()
parentPort?.on('message', ({ id, request }: { id: number; request: LaneRequest }) => {
  last = last
    .then(async () => {
      reply({ id, result: await handle(request) })
      if (request.kind === 'release') parentPort?.close()
    })
    .catch((error: unknown) => {
      reply({ id, error: error instanceof Error ? error.message : String(error) })
    })
})
