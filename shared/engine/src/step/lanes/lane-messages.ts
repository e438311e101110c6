/** What a step and its lanes say to each other. Arrays lie over SharedArrayBuffers: they are shared, not copied. */

import type { ProviderName } from '../../runtimes/execution-provider.ts'

/** What a lane is started with. */
export interface LaneData {
  readonly provider: ProviderName
}

export interface SharedTensor {
  readonly data: Float32Array
  readonly dims: readonly number[]
}

/** By name. */
export type SharedMap = ReadonlyMap<string, SharedTensor>

export type SharedTensors = Readonly<Record<string, SharedTensor>>

/** A model as a lane is to load it. */
export interface LaneModel {
  readonly model: Uint8Array
  /** Whether it is as ONNX Runtime's optimiser left it. */
  readonly optimised?: boolean
  /** File that its optimised form is written to. */
  readonly optimisedTo?: string | undefined
  /** Where ONNX Runtime's profiler writes: the beginning of a file name. */
  readonly profile?: string | undefined
}

export type LaneRequest =
  | ({ readonly kind: 'load' } & LaneModel)
  | {
      readonly kind: 'bind'
      readonly session: number
      readonly feeds: SharedTensors
      readonly fetches: SharedTensors
    }
  | { readonly kind: 'run'; readonly bindings: readonly number[] }
  | { readonly kind: 'release' }

export interface LaneReplies {
  /** The session's number and the shape of each of its tensors. */
  readonly load: {
    readonly session: number
    readonly outputs: readonly (readonly [name: string, dims: readonly number[]])[]
  }
  /** The binding's number. */
  readonly bind: number
  readonly run: undefined
  readonly release: undefined
}

export type LaneReply = { readonly id: number } & (
  { readonly result: LaneReplies[keyof LaneReplies] } | { readonly error: string }
)
