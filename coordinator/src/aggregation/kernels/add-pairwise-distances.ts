import { rowAddress, wholeFours, type Tile } from './tile.ts'

/** Adds to `squares[i * n + j]` the squared distance between updates i and j in this tile. */
export function addPairwiseDistances(tile: Tile, squares: Float64Array): void {
  const n = tile.scales.length
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) {
      squares[i * n + j] = squares[i * n + j]! + squaredDistance(tile, i, j)
      squares[j * n + i] = squares[i * n + j]!
    }
  }
}

/** `|a x - b y|^2`, of the differences: a difference of squares would lose the digits that near updates differ in. */
function squaredDistance(tile: Tile, i: number, j: number): number {
  const { values, first, stride, count, scales, memory } = tile
  const a = scales[i]!
  const b = scales[j]!
  const fours = wholeFours(count)
  const [x, y] = [rowAddress(tile, i), rowAddress(tile, j)]
  let square = fours === 0 ? 0 : memory.kernels.squaredDistance(x, 4 * fours, y, a, b)
  for (let c = fours; c < count; c += 1) {
    const [xi, yj] = [values[first + i * stride + c]!, values[first + j * stride + c]!]
    square += (a * xi - b * yj) ** 2
  }
  return square
}
