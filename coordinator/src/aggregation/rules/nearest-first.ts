/** The updates in the order of their distance from update `i`, itself first; equally near ones by site id. */
export function nearestFirst(distances: Float64Array, n: number, i: number): readonly number[] {
  const row = distances.subarray(i * n, (i + 1) * n)
  const others = Array.from({ length: n }, (_, j) => j).filter((j) => j !== i)
  return [i, ...others.sort((a, b) => row[a]! - row[b]! || a - b)]
}
