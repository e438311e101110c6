/** Scores of N images for K classes; only their order matters to an AUC, their maximum to an accuracy. */
export interface ClassScores {
  readonly classes: number
  /** [N,K], finite. */
  readonly values: Float64Array
}

/** The scores of one class, [N]. */
export function scoresOfClass({ classes, values }: ClassScores, index: number): Float64Array {
  return Float64Array.from(
    { length: values.length / classes },
    (_, i) => values[i * classes + index]!,
  )
}
