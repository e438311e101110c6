/**
 * A rule turns the updates of a round into one change of the model. It never sees a file: it asks for measurements of
 * the updates, each of which is one pass over the disk, and answers how they are to be combined in the last pass. So a
 * rule is a few lines over numbers per site, and any number of parameters needs the same memory.
 */

/** What a rule knows of an update before it measures anything. Updates always come in the order of their site ids. */
export interface UpdateFacts {
  /** Images per local epoch, as claimed and bounded. */
  readonly samples: number
  /** Optimiser steps the site took; at least 1. */
  readonly steps: number
  /** What a staler update weighs of a fresh one, in (0, 1]. */
  readonly freshness: number
}

/** Taken of the updates after norm bounding, in float64. */
export type Measurement =
  /** The squared L2 distance of every update from `sum_j point[j] update_j`: `[n]`. */
  | { readonly kind: 'distances-to'; readonly point: readonly number[] }
  /** The squared L2 distance between every two updates: `[n * n]`, row by row. */
  | { readonly kind: 'pairwise-distances' }

export type Combination =
  /** `sum_i weights[i] update_i`. */
  | { readonly kind: 'weighted-sum'; readonly weights: readonly number[] }
  /**
   * Coordinate by coordinate, the mean of the values without the `drop` smallest and the `drop` largest. With
   * `mixtures`, value i is first replaced by the mean of the values of the updates `mixtures[i]`.
   */
  | {
      readonly kind: 'trimmed-mean'
      readonly drop: number
      readonly mixtures?: readonly (readonly number[])[]
    }

export type Rule = (
  updates: readonly UpdateFacts[],
) => Generator<Measurement, Combination, Float64Array>
