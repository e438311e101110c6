import type { Tile } from './tile.ts'

/** Adds to `squares[i]` the squared distance of update i from `point` in this tile. */
export function addDistancesTo(
  { values, first, stride, count, scales }: Tile,
  point: Float64Array,
  squares: Float64Array,
): void {
  for (let i = 0; i < scales.length; i += 1) {
    const at = first + i * stride
    const scale = scales[i]!
    let square = 0
    for (let c = 0; c < count; c += 1) {
      const difference = scale * values[at + c]! - point[c]!
      square += difference * difference
    }
    squares[i] = squares[i]! + square
  }
}
