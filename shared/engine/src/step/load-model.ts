import type { Shapes } from '../onnx/encode-piece.ts'
import type { Lane } from './lanes/lane.ts'
import type { SharedMap } from './lanes/lane-messages.ts'

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
}

export async function loadModel(
  lane: Lane,
  { bytes, inputs, profile }: Loading,
): Promise<LoadedModel> {
  const { session, outputs } = await lane.load(bytes, profile)
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

/** Arrays by the name a model knows its outputs under. */
export const byOnnxName = (outputs: ReadonlyMap<string, string>, arrays: SharedMap): SharedMap =>
  new Map(
    [...outputs].flatMap(([name, onnxName]) => {
      const array = arrays.get(name)
      return array === undefined ? [] : [[onnxName, array] as const]
    }),
  )
