import type { Rule } from './rule.ts'

/** Coordinate-wise median (Yin et al. 2018, definition 1); of an even number, the mean of the middle two. */
export const coordinateMedian: Rule =
  // eslint-disable-next-line require-yield -- a median needs no measurement
  function* (updates) {
    return { kind: 'trimmed-mean', drop: Math.floor((updates.length - 1) / 2) }
  }
