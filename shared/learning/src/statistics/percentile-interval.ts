/** A closed interval [low, high]. */
export type Interval = readonly [number, number]

/**
 * The central interval that holds `level` of the values (percentiles by linear interpolation, type 7 of
 * Hyndman & Fan 1996). At least one value.
 */
export function percentileInterval(values: ArrayLike<number>, level = 0.95): Interval {
  const sorted = Float64Array.from(values).sort()
  return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)]
}

function quantile(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (position - below) * (high - low)
}
