/** A lane as the step sees it: a worker thread that takes requests one after the other. */
import { Worker } from 'node:worker_threads'
import { asEngineError, LaneEndedError } from '../../errors.ts'
import { ownModule } from '../../own-module.ts'
import type { ProviderName } from '../../runtimes/execution-provider.ts'
import type {
  LaneData,
  LaneModel,
  LaneReplies,
  LaneReply,
  LaneRequest,
  SharedTensors,
} from './lane-messages.ts'

export interface Lane {
  load(model: LaneModel): Promise<LaneReplies['load']>
  /** Which arrays a session reads and writes; they must outlive the lane. */
  bind(session: number, feeds: SharedTensors, fetches: SharedTensors): Promise<number>
  run(bindings: readonly number[]): Promise<void>
  /** Lets the requests before it finish; a thread inside ONNX Runtime must never be terminated. */
  close(): Promise<void>
}

interface Pending {
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

export function openLane(provider: ProviderName): Lane {
  const { url, ...flags } = ownModule('lane-worker', import.meta.url)
  const workerData: LaneData = { provider }
  const worker = new Worker(url, { ...flags, workerData })
  worker.unref()
  const pending = new Map<number, Pending>()
  let nextId = 0
  worker.on('message', (reply: LaneReply) => {
    const { resolve, reject } = pending.get(reply.id)!
    pending.delete(reply.id)
    // An idle lane keeps no process alive.
    if (pending.size === 0) worker.unref()
    if ('error' in reply) reject(asEngineError(reply.error))
    else resolve(reply.result as never)
  })
  let ended: LaneEndedError | undefined
  let closing: Promise<void> | undefined
  const end = (cause: unknown): void => {
    ended ??= new LaneEndedError(cause)
    for (const { reject } of pending.values()) reject(ended)
    pending.clear()
  }
  worker.on('error', end).on('exit', end)

  const ask = <K extends LaneRequest['kind']>(
    request: LaneRequest & { readonly kind: K },
  ): Promise<LaneReplies[K]> =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) {
        reject(ended)
        return
      }
      pending.set(nextId, { resolve, reject })
      worker.ref()
      worker.postMessage({ id: nextId, request })
      nextId += 1
    })

  const close = async (): Promise<void> => {
    if (ended !== undefined) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    await ask({ kind: 'release' }).catch(() => undefined)
    worker.ref()
    await exited
  }

  return {
    load: (model) => ask({ kind: 'load', ...model }),
    bind: (session, feeds, fetches) => ask({ kind: 'bind', session, feeds, fetches }),
    run: (bindings) => ask({ kind: 'run', bindings }),
    close: () => (closing ??= close()),
  }
}
