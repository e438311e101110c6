/** Which files a fold reads, and where in them the values lie. */
import type { Vector, VectorFile } from './blocks/read-request.ts'
import type { FoldRequest } from './fold-request.ts'

export interface Layout {
  readonly files: readonly VectorFile[]
  readonly base: Vector
  /** One for every update, in their order. */
  readonly updates: readonly Vector[]
  /** What was kept of the last round, if anything was. */
  readonly state: Vector | undefined
  /** Values kept for a parameter from round to round. */
  readonly stateWidth: number
  /** The most values of a parameter that are read in one pass. */
  readonly width: number
}

export function layoutOf({ base, updates, state }: FoldRequest, stateWidth: number): Layout {
  const file = (
    { path, sha256 }: { path: string; sha256: string },
    values: number,
  ): VectorFile => ({
    ...{ path, sha256, valuesPerParameter: values },
  })
  return {
    files: [
      file(base, 1),
      ...updates.map((update) => file(update, 1)),
      ...(state === undefined ? [] : [file(state, stateWidth)]),
    ],
    base: { file: 0, width: 1 },
    updates: updates.map((_, i) => ({ file: 1 + i, width: 1 })),
    state: state && { file: 1 + updates.length, width: stateWidth },
    stateWidth,
    width: 1 + updates.length + stateWidth,
  }
}
