/**
 * Resamples a square plane to another side length, separably: the area average when it shrinks (every source pixel
 * counts by the area it covers, so nothing aliases), bilinear with pixel centres aligned when it grows.
 */

/** The source pixels that one target pixel is made of: `weights[k]` of pixel `start + k`; weights sum to 1. */
interface Taps {
  readonly start: number
  readonly weights: Float64Array
}

/** `plane` is side * side values; the result is size * size. */
export function resampleSquare(plane: Float32Array, side: number, size: number): Float32Array {
  if (side === size) return plane
  const taps = Array.from({ length: size }, (_, i) =>
    side > size ? areaTaps(i, side, size) : bilinearTaps(i, side, size),
  )
  return alongColumns(alongRows(plane, side, taps), side, taps)
}

function areaTaps(i: number, side: number, size: number): Taps {
  const scale = side / size
  const from = i * scale
  const to = Math.min(side, (i + 1) * scale)
  const start = Math.floor(from)
  const end = Math.min(side, Math.ceil(to))
  const covered = Float64Array.from({ length: end - start }, (_, k) =>
    Math.max(0, Math.min(to, start + k + 1) - Math.max(from, start + k)),
  )
  const total = covered.reduce((sum, x) => sum + x, 0)
  return { start, weights: covered.map((x) => x / total) }
}

function bilinearTaps(i: number, side: number, size: number): Taps {
  const centre = Math.min(side - 1, Math.max(0, ((i + 0.5) * side) / size - 0.5))
  const start = Math.min(Math.floor(centre), Math.max(0, side - 2))
  const right = centre - start
  return { start, weights: side === 1 ? Float64Array.of(1) : Float64Array.of(1 - right, right) }
}

/** [side, side] -> [side, size] */
function alongRows(plane: Float32Array, side: number, taps: readonly Taps[]): Float32Array {
  const out = new Float32Array(side * taps.length)
  for (let y = 0; y < side; y += 1) {
    for (let i = 0; i < taps.length; i += 1) {
      const { start, weights } = taps[i]!
      let sum = 0
      for (let k = 0; k < weights.length; k += 1) sum += weights[k]! * plane[y * side + start + k]!
      out[y * taps.length + i] = sum
    }
  }
  return out
}

/** [side, size] -> [size, size] */
function alongColumns(plane: Float32Array, side: number, taps: readonly Taps[]): Float32Array {
  const size = taps.length
  const out = new Float32Array(size * size)
  for (let i = 0; i < size; i += 1) {
    const { start, weights } = taps[i]!
    for (let x = 0; x < size; x += 1) {
      let sum = 0
      for (let k = 0; k < weights.length; k += 1)
        sum += weights[k]! * plane[(start + k) * size + x]!
      out[i * size + x] = sum
    }
  }
  return out
}
