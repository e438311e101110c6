/** Ranks from 1; equal values share the mean of their ranks. `values` are finite. */
export function midranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end += 1
    for (let i = start; i < end; i += 1) ranks[order[i]!] = (start + end + 1) / 2
    start = end
  }
  return ranks
}
