import { rowAddress, wholeFours, type Tile } from './tile.ts'

/**
 * The memory's sums become `sum[c] = sum_i weights[i] scales[i] update_i[c]` in float64, added in the order of the updates:
 * four rows or two coordinates at a time change no bit.
 */
export function weightedSum(tile: Tile, weights: readonly number[]): void {
  const { stride, count, scales } = tile
  const { sums, kernels } = tile.memory
  const weight = (i: number): number => weights[i]! * scales[i]!
  sums.fill(0, 0, count)
  const bytes = 4 * wholeFours(count)
  const n = weights.length
  const fours = wholeFours(n)
  if (bytes > 0) {
    for (let i = 0; i < fours; i += 4) {
      const rows = [rowAddress(tile, i), 4 * stride, bytes, sums.byteOffset] as const
      kernels.addFourRows(...rows, weight(i), weight(i + 1), weight(i + 2), weight(i + 3))
    }
    for (let i = fours; i < n; i += 1) {
      kernels.addRow(rowAddress(tile, i), bytes, sums.byteOffset, weight(i))
    }
  }
  for (let i = 0; i < n; i += 1) addLast(tile, i, weight(i))
}

function addLast({ values, first, stride, count, memory }: Tile, i: number, weight: number): void {
  const at = first + i * stride
  for (let c = wholeFours(count); c < count; c += 1) {
    memory.sums[c] = memory.sums[c]! + weight * values[at + c]!
  }
}
