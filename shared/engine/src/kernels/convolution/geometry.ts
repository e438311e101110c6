/** Shapes of a convolution, and which pixels each tap of its kernel reads and writes. */
import { tf } from '../../tf.ts'
import type { Attributes, Value } from '../../trace/graph.ts'

export type Geometry = ReturnType<typeof tf.backend_util.computeConv2DInfo>

/** `x` [N, H, W, C] and `filter` [kh, kw, C, O] */
export function geometryOf(
  x: readonly number[],
  filter: readonly number[],
  attributes: Attributes,
): Geometry {
  return tf.backend_util.computeConv2DInfo(
    [...x] as [number, number, number, number],
    [...filter] as [number, number, number, number],
    attributes['strides'] as number,
    (attributes['dilations'] as number | undefined) ?? 1,
    attributes['pad'] as number,
    attributes['dimRoundingMode'] as 'floor',
  )
}

/** The node's operands by role, whichever of the three kernels it is. */
export interface Convolution {
  /** [N, H, W, C], absent in the gradient for the input */
  readonly x?: Value
  /** [kh, kw, C, O], absent in the gradient for the filter */
  readonly filter?: Value
  /** [N, OH, OW, O], absent in the forward pass */
  readonly dy?: Value
  readonly geometry: Geometry
}

/** Along one axis: outputs [from, to) are reached by the tap, and the first of them reads input `start`. */
export interface Reach {
  readonly from: number
  readonly to: number
  readonly start: number
  readonly stride: number
}

export interface Tap {
  readonly row: number
  readonly column: number
  readonly rows: Reach
  readonly columns: Reach
}

/** The taps that read at least one pixel; those that only ever meet padding compute nothing. */
export function tapsOf(geometry: Geometry): Tap[] {
  const rows = Array.from({ length: geometry.filterHeight }, (_, row) => rowReach(geometry, row))
  const columns = Array.from({ length: geometry.filterWidth }, (_, column) =>
    columnReach(geometry, column),
  )
  return rows
    .flatMap((r, row) => columns.map((c, column): Tap => ({ row, column, rows: r, columns: c })))
    .filter(({ rows: r, columns: c }) => r.to > r.from && c.to > c.from)
}

const rowReach = (g: Geometry, tap: number): Reach =>
  reach({ stride: g.strideHeight, input: g.inHeight, output: g.outHeight }, tap - g.padInfo.top)

const columnReach = (g: Geometry, tap: number): Reach =>
  reach({ stride: g.strideWidth, input: g.inWidth, output: g.outWidth }, tap - g.padInfo.left)

/** Output i reads input i * stride + offset, where that exists. */
function reach(
  { stride, input, output }: { stride: number; input: number; output: number },
  offset: number,
): Reach {
  const from = Math.max(0, Math.ceil(-offset / stride))
  const to = Math.min(output, Math.floor((input - 1 - offset) / stride) + 1)
  return { from, to, start: from * stride + offset, stride }
}

export const isPointwise = ({ filterHeight, filterWidth }: Geometry): boolean =>
  filterHeight === 1 && filterWidth === 1

export const padsOf = ({ padInfo }: Geometry): number[] => [
  padInfo.top,
  padInfo.left,
  padInfo.bottom,
  padInfo.right,
]

/** Rows and columns at the end of the input that no window of a strided convolution reached. */
export function unreadEnds(g: Geometry): [rows: number, columns: number] {
  const { padInfo } = g
  return [
    g.inHeight + padInfo.top + padInfo.bottom - g.filterHeight - (g.outHeight - 1) * g.strideHeight,
    g.inWidth + padInfo.left + padInfo.right - g.filterWidth - (g.outWidth - 1) * g.strideWidth,
  ]
}
