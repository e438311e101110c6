/** The largest difference, relative to the largest magnitude in `expected` (at least 1); infinite where it is no number. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity
  const scale = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 1)
  const error = expected.reduce((max, x, i) => Math.max(max, Math.abs(x - actual[i]!) / scale), 0)
  return Number.isNaN(error) ? Infinity : error
}
