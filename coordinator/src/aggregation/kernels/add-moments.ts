import { rowAddress, wholeFours, type Tile } from './tile.ts'

export interface Moments {
  /** Squared norm of every update as it was sent, `[n]`. */
  readonly squares: Float64Array
  /** Its product with the aggregate, `[n]`. */
  readonly dots: Float64Array
  /** The aggregate's squared norm. */
  aggregateSquare: number
}

/** Adds what a tile brings to norms and angles. The memory's sums are the tile's aggregate. */
export function addMoments(tile: Tile, moments: Moments): void {
  const { squares, dots } = moments
  for (let i = 0; i < tile.scales.length; i += 1) {
    const { square, dot } = momentsOf(tile, i)
    squares[i] = squares[i]! + square
    dots[i] = dots[i]! + dot
  }
  moments.aggregateSquare += squareOf(tile.memory.sums.subarray(0, tile.count))
}

function momentsOf(tile: Tile, i: number): { square: number; dot: number } {
  const { values, first, stride, count, memory } = tile
  const { kernels, parts, sums } = memory
  const fours = wholeFours(count)
  let [square, dot] = [0, 0]
  if (fours > 0) {
    kernels.moments(rowAddress(tile, i), 4 * fours, sums.byteOffset, parts.byteOffset)
    square = parts[0]! + parts[1]!
    dot = parts[2]! + parts[3]!
  }
  for (let c = fours; c < count; c += 1) {
    const x = values[first + i * stride + c]!
    square += x * x
    dot += x * sums[c]!
  }
  return { square, dot }
}

function squareOf(vector: Float64Array): number {
  let even = 0
  let odd = 0
  for (let c = 0; c + 1 < vector.length; c += 2) {
    even += vector[c]! * vector[c]!
    odd += vector[c + 1]! * vector[c + 1]!
  }
  if (vector.length % 2 === 1) even += vector[vector.length - 1]! ** 2
  return even + odd
}
