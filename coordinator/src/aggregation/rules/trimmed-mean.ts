import type { Rule } from './rule.ts'

/** Coordinate-wise trimmed mean (Yin et al. 2018, definition 2) without the `f` lowest and the `f` highest of n > 2f. */
export const trimmedMean = (f: number): Rule =>
  // eslint-disable-next-line require-yield -- which values are extreme differs from coordinate to coordinate
  function* () {
    return { kind: 'trimmed-mean', drop: f }
  }
