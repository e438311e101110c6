import type { Tile } from './tile.ts'

/** Native sorting has a fixed cost that insertion into a short list has not. */
const SHORT = 40

/** Row i becomes update i, scaled: `[n * count]`. */
export function scaledRows(
  { values, first, stride, count, scales }: Tile,
  rows: Float64Array,
): void {
  for (let i = 0; i < scales.length; i += 1) {
    const from = first + i * stride
    const to = i * count
    const scale = scales[i]!
    for (let c = 0; c < count; c += 1) rows[to + c] = scale * values[from + c]!
  }
}

/** Row i becomes the mean of the updates `mixtures[i]`, scaled and summed in that order: `[n * count]`. */
export function mixedRows(
  { values, first, stride, count, scales }: Tile,
  mixtures: readonly (readonly number[])[],
  rows: Float64Array,
): void {
  rows.fill(0, 0, mixtures.length * count)
  mixtures.forEach((members, i) => {
    const to = i * count
    for (const j of members) {
      const from = first + j * stride
      const scale = scales[j]! / members.length
      for (let c = 0; c < count; c += 1) rows[to + c] = rows[to + c]! + scale * values[from + c]!
    }
  })
}

/** `mean[c]`: of column c of `rows` `[n * mean.length]` without its `drop` smallest and its `drop` largest values. */
export function trimmedMean(
  rows: Float64Array,
  { n, drop }: { n: number; drop: number },
  mean: Float64Array,
): void {
  const column = new Float64Array(n)
  const count = mean.length
  for (let c = 0; c < count; c += 1) {
    for (let i = 0; i < n; i += 1) column[i] = rows[i * count + c]!
    if (n > SHORT) column.sort()
    else insertionSort(column)
    let sum = 0
    for (let i = drop; i < n - drop; i += 1) sum += column[i]!
    mean[c] = sum / (n - 2 * drop)
  }
}

function insertionSort(values: Float64Array): void {
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i]!
    let j = i - 1
    for (; j >= 0 && values[j]! > value; j -= 1) values[j + 1] = values[j]!
    values[j + 1] = value
  }
}
