import { rowAddress, wholeFours, type Tile } from './tile.ts'

/** Adds to `squares[i]` the squared distance of update i from the memory's sums in this tile. */
export function addDistancesTo(tile: Tile, squares: Float64Array): void {
  for (let i = 0; i < tile.scales.length; i += 1) {
    squares[i] = squares[i]! + squaredDistance(tile, i)
  }
}

function squaredDistance(tile: Tile, i: number): number {
  const { values, first, stride, count, scales, memory } = tile
  const { kernels, sums } = memory
  const scale = scales[i]!
  const fours = wholeFours(count)
  let square =
    fours === 0
      ? 0
      : kernels.squaredDistanceToTile(rowAddress(tile, i), 4 * fours, sums.byteOffset, scale)
  for (let c = fours; c < count; c += 1) {
    square += (scale * values[first + i * stride + c]! - sums[c]!) ** 2
  }
  return square
}
