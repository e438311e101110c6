import type { ModelCache } from '../cache/model-cache.ts'
import type { Shapes } from '../onnx/encode-piece.ts'
import type { Lane } from './lanes/lane.ts'
import type { LaneReplies, SharedMap } from './lanes/lane-messages.ts'

/** A session on a lane: what its outputs look like, and how to say which arrays it reads and writes. */
export interface LoadedModel {
  readonly shapes: Shapes
  /** Returns the number to run it by; arrays by ONNX name. */
  readonly bind: (feeds: SharedMap, fetches: SharedMap) => Promise<number>
}

interface Loading {
  readonly bytes: Uint8Array
  readonly inputs: readonly string[]
  readonly profile?: string | undefined
  readonly models: ModelCache
}

export async function loadModel(lane: Lane, { inputs, ...loading }: Loading): Promise<LoadedModel> {
  const { session, outputs } = await loadOptimised(lane, loading)
  return {
    shapes: new Map(outputs),
    bind: (feeds, fetches) =>
      lane.bind(
        session,
        Object.fromEntries(inputs.map((name) => [name, feeds.get(name)!])),
        Object.fromEntries(
          outputs.map(([name, dims]) => [name, { data: fetches.get(name)!.data, dims }]),
        ),
      ),
  }
}

/** From the cache, else optimised here and kept. What is wrong with a file must not be what is wrong with the step. */
async function loadOptimised(
  lane: Lane,
  { bytes, profile, models }: Omit<Loading, 'inputs'>,
): Promise<LaneReplies['load']> {
  const optimised = await models.recall(bytes)
  if (optimised !== undefined) {
    const loading = lane.load({ model: optimised, optimised: true, profile })
    const loaded = await loading.catch(() => undefined)
    if (loaded !== undefined) return loaded
  }
  const loaded = await models.remember(bytes, (optimisedTo) =>
    lane.load({ model: bytes, optimisedTo, profile }),
  )
  return loaded ?? lane.load({ model: bytes, profile })
}

/** Arrays by the name a model knows its outputs under. */
export const byOnnxName = (outputs: ReadonlyMap<string, string>, arrays: SharedMap): SharedMap =>
  new Map(
    [...outputs].flatMap(([name, onnxName]) => {
      const array = arrays.get(name)
      return array === undefined ? [] : [[onnxName, array] as const]
    }),
  )
