/** 0 below `low`, 1 above `high`, a smooth cubic between. `low` may be above `high`: then it falls. */
export function smoothstep(low: number, high: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)))
  return t * t * (3 - 2 * t)
}
