/** Which files a fold reads, and where in them the values lie. */
import type { Vector, VectorFile } from './blocks/read-request.ts'
import type { FoldRequest } from './fold-request.ts'

export interface Layout {
  readonly files: readonly VectorFile[]
  readonly base: Vector
  /** One for every update, in their order. */
  readonly updates: readonly Vector[]
  /** The control variates' changes, where updates carry them. */
  readonly controls: readonly Vector[] | undefined
  /** What was kept of the last round, if anything was. */
  readonly state: Vector | undefined
  /** Values kept for a parameter from round to round. */
  readonly stateWidth: number
  /** The most values of a parameter that are read in one pass. */
  readonly width: number
}

/** `optimiserWidth`: values that the server optimiser keeps for a parameter. SCAFFOLD keeps a control variate instead. */
export function layoutOf(request: FoldRequest, optimiserWidth: number): Layout {
  const { aggregation, base, updates, state } = request
  const scaffold = aggregation.rule === 'scaffold'
  const stateWidth = scaffold ? 1 : optimiserWidth
  const valuesPerParameter = scaffold ? 2 : 1
  const file = (
    { path, sha256 }: { path: string; sha256: string },
    values: number,
  ): VectorFile => ({
    ...{ path, sha256, valuesPerParameter: values },
  })
  return {
    files: [
      file(base, 1),
      ...updates.map((update) => file(update, valuesPerParameter)),
      ...(state === undefined ? [] : [file(state, stateWidth)]),
    ],
    base: { file: 0, before: 0, width: 1 },
    updates: updates.map((_, i) => ({ file: 1 + i, before: 0, width: 1 })),
    controls: scaffold ? updates.map((_, i) => ({ file: 1 + i, before: 1, width: 1 })) : undefined,
    state: state && { file: 1 + updates.length, before: 0, width: stateWidth },
    stateWidth,
    width: 1 + updates.length + stateWidth,
  }
}
