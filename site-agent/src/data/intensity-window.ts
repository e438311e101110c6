/**
 * The range of values that is shown as black to white.
 *
 * Bytes are kept as they are: somebody chose that window when the file was written. For 16-bit files and DICOM
 * modality values nobody has: detectors use a part of their range that differs by device and exposure, so the window is
 * taken from each image, between two percentiles that leave out burnt-in markers and dead pixels.
 */
import type { RawImage } from './raw-image.ts'

export const LOW_PERCENTILE = 0.5
export const HIGH_PERCENTILE = 99.5

/** Exact for whole numbers that span less than this; finer than 1/65536 of the span for all others. */
const BINS = 65536

export interface Window {
  readonly low: number
  readonly high: number
}

/** `values` are the samples to look at, without padding. An image of one value gives `low === high`. */
export function intensityWindow(values: Float32Array, scale: RawImage['scale']): Window {
  if (scale === 'bytes') return { low: 0, high: 255 }
  const { min, max } = extremes(values)
  if (!(max > min)) return { low: min, high: min }
  const unit = max - min < BINS && values.every(Number.isInteger) ? 1 : (max - min) / (BINS - 1)
  const counts = new Uint32Array(BINS)
  for (const x of values) counts[Math.round((x - min) / unit)]! += 1
  const low = min + unit * binAt(counts, (values.length * LOW_PERCENTILE) / 100)
  const high = min + unit * binAt(counts, (values.length * HIGH_PERCENTILE) / 100)
  return high > low ? { low, high } : { low: min, high: max }
}

function extremes(values: Float32Array): { min: number; max: number } {
  let min = Infinity
  let max = -Infinity
  for (const x of values) {
    if (x < min) min = x
    if (x > max) max = x
  }
  return { min, max }
}

/** The first bin at which at least `count` values are passed. */
function binAt(counts: Uint32Array, count: number): number {
  let seen = 0
  return counts.findIndex((n) => {
    seen += n
    return seen >= count && seen > 0
  })
}
