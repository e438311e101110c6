/** What a feed and its threads say to each other. Pixels and slots lie over SharedArrayBuffers: they are shared, not copied. */
import type { ViewSource } from './fill-views.ts'
import type { ViewSpec } from './view-spec.ts'

/** What a thread starts with. */
export interface ViewThreadData {
  readonly source: ViewSource
  readonly slots: readonly Float32Array[]
}

export interface FillRequest {
  readonly slot: number
  readonly spec: ViewSpec
}

/** The slot that was filled. */
export type FillReply = number
