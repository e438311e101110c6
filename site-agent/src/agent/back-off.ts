/**
 * How long to wait between attempts: anything up to a ceiling that doubles each time, so that many sites that lost their
 * coordinator together do not come back together. Source: "full jitter" in Brooker, Exponential Backoff and Jitter, AWS
 * Architecture Blog, 2015.
 */
import type { Stream } from '@consilium/random'

export const FIRST_DELAY_MS = 1000
export const MAX_DELAY_MS = 30_000

export interface BackOff {
  /** Milliseconds until the next attempt: 0 up to 1, 2, 4 … 30 s. */
  next(): number
  /** After a success. */
  reset(): void
}

export function createBackOff(jitter: Stream): BackOff {
  let ceilingMs = FIRST_DELAY_MS
  return {
    next() {
      const delayMs = Math.round(jitter.uniform(0, 1) * ceilingMs)
      ceilingMs = Math.min(2 * ceilingMs, MAX_DELAY_MS)
      return delayMs
    },
    reset() {
      ceilingMs = FIRST_DELAY_MS
    },
  }
}
