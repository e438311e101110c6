/** Where values lie on an axis, and which of them are written at it. */
export interface Axis {
  readonly label: string
  readonly low: number
  readonly high: number
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
}

/** An axis over `values` with about `count` round ticks, its ends on ticks. At least one value. */
export function axisOver(label: string, values: readonly number[], count = 5): Axis {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const step = niceStep((high - low || 1) / count)
  const first = Math.floor(low / step)
  const last = Math.max(first + 1, Math.ceil(high / step))
  const digits = Math.max(0, -Math.floor(Math.log10(step)))
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => {
    const at = (first + i) * step
    return { at, text: at.toFixed(digits) }
  })
  return { label, low: first * step, high: last * step, ticks }
}

/** 1, 2 or 5 times a power of ten, at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999)!
}
