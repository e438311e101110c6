/**
 * A number measured on a resample of a fixed set of N images. `counts[i]` says how often image i is in the
 * resample: all ones is the set itself. Scores are sorted once, so every resample costs O(N).
 */
export type Statistic = (counts: Uint32Array) => number

/** The statistic of the set itself, each image once. */
export const onWholeSet = (statistic: Statistic, images: number): number =>
  statistic(new Uint32Array(images).fill(1))
