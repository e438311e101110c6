import type { Tile } from './tile.ts'

export interface Moments {
  /** Squared norm of every update as it was sent, `[n]`. */
  readonly squares: Float64Array
  /** Its product with the aggregate, `[n]`. */
  readonly dots: Float64Array
  /** The aggregate's squared norm. */
  aggregateSquare: number
}

/** Adds what a tile brings to norms and angles. `aggregate` is the tile's: `[count]`. */
export function addMoments(tile: Tile, aggregate: Float64Array, moments: Moments): void {
  const { values, first, stride, scales } = tile
  const { squares, dots } = moments
  for (let i = 0; i < scales.length; i += 1) {
    const at = first + i * stride
    const { square, dot } = momentsOf(values.subarray(at, at + aggregate.length), aggregate)
    squares[i] = squares[i]! + square
    dots[i] = dots[i]! + dot
  }
  moments.aggregateSquare += squareOf(aggregate)
}

/** Four sums of each kind, so that no addition has to wait for the one before. Both of one length. */
function momentsOf(x: Float32Array, y: Float64Array): { square: number; dot: number } {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  let [d0, d1, d2, d3] = [0, 0, 0, 0]
  const fours = x.length - (x.length % 4)
  for (let c = 0; c < fours; c += 4) {
    const x0 = x[c]!
    const x1 = x[c + 1]!
    const x2 = x[c + 2]!
    const x3 = x[c + 3]!
    s0 += x0 * x0
    s1 += x1 * x1
    s2 += x2 * x2
    s3 += x3 * x3
    d0 += x0 * y[c]!
    d1 += x1 * y[c + 1]!
    d2 += x2 * y[c + 2]!
    d3 += x3 * y[c + 3]!
  }
  for (let c = fours; c < x.length; c += 1) {
    s0 += x[c]! * x[c]!
    d0 += x[c]! * y[c]!
  }
  return { square: s0 + s1 + (s2 + s3), dot: d0 + d1 + (d2 + d3) }
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
