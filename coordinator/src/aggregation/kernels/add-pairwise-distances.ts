import type { Tile } from './tile.ts'

/** Adds to `squares[i * n + j]` the squared distance between updates i and j in this tile. */
export function addPairwiseDistances(
  { values, first, stride, count, scales }: Tile,
  squares: Float64Array,
): void {
  const n = scales.length
  const part = (i: number): Float32Array => {
    const from = first + i * stride
    return values.subarray(from, from + count)
  }
  for (let i = 0; i < n; i += 1) {
    const x = part(i)
    for (let j = i + 1; j < n; j += 1) {
      const square = squaredDistance(x, part(j), { a: scales[i]!, b: scales[j]! })
      squares[i * n + j] = squares[i * n + j]! + square
      squares[j * n + i] = squares[i * n + j]!
    }
  }
}

/** `|a x - b y|^2`, of the differences: a difference of squares would lose the digits that near updates differ in. */
function squaredDistance(
  x: Float32Array,
  y: Float32Array,
  { a, b }: { a: number; b: number },
): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  const fours = x.length - (x.length % 4)
  for (let c = 0; c < fours; c += 4) {
    const d0 = a * x[c]! - b * y[c]!
    const d1 = a * x[c + 1]! - b * y[c + 1]!
    const d2 = a * x[c + 2]! - b * y[c + 2]!
    const d3 = a * x[c + 3]! - b * y[c + 3]!
    s0 += d0 * d0
    s1 += d1 * d1
    s2 += d2 * d2
    s3 += d3 * d3
  }
  for (let c = fours; c < x.length; c += 1) s0 += (a * x[c]! - b * y[c]!) ** 2
  return s0 + s1 + (s2 + s3)
}
