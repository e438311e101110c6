/** Features of N images, as a backbone gives them. */
export interface Features {
  readonly dimension: number
  /** [N,D], finite. */
  readonly values: Float32Array
}

export const rowsOf = ({ dimension, values }: Features): number => values.length / dimension

/** The features of the given images, in their order. */
export function selectRows({ dimension, values }: Features, rows: ArrayLike<number>): Features {
  const selected = new Float32Array(rows.length * dimension)
  Array.from(rows).forEach((row, i) => {
    selected.set(values.subarray(row * dimension, (row + 1) * dimension), i * dimension)
  })
  return { dimension, values: selected }
}
