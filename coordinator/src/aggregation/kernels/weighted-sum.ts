import type { Tile } from './tile.ts'

/**
 * `sum[c] = sum_i weights[i] scales[i] update_i[c]` in float64, added in the order of the updates. Four at a time only
 * saves reading and writing `sum`: the additions, and so the bits, are those of one after the other.
 */
export function weightedSum(
  { values, first, stride, count, scales }: Tile,
  weights: readonly number[],
  sum: Float64Array,
): void {
  sum.fill(0, 0, count)
  const weight = (i: number): number => weights[i]! * scales[i]!
  const fours = weights.length - (weights.length % 4)
  for (let i = 0; i < fours; i += 4) {
    addFour(sum, values, {
      ...{ count, stride, at: first + i * stride },
      ...{ a: weight(i), b: weight(i + 1), c: weight(i + 2), d: weight(i + 3) },
    })
  }
  for (let i = fours; i < weights.length; i += 1) {
    const at = first + i * stride
    const a = weight(i)
    for (let c = 0; c < count; c += 1) sum[c] = sum[c]! + a * values[at + c]!
  }
}

interface Four {
  readonly at: number
  readonly stride: number
  readonly count: number
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
}

function addFour(
  sum: Float64Array,
  values: Float32Array,
  { at, stride, count, a, b, c, d }: Four,
): void {
  const second = at + stride
  const third = second + stride
  const fourth = third + stride
  for (let k = 0; k < count; k += 1) {
    sum[k] =
      sum[k]! +
      a * values[at + k]! +
      b * values[second + k]! +
      c * values[third + k]! +
      d * values[fourth + k]!
  }
}
