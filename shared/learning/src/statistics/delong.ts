/**
 * DeLong's covariance of AUCs measured on the same images (DeLong et al. 1988), by midranks in O(N log N)
 * (Sun & Xu 2014). The normal approximation is poor near AUC 1 and for few images: intervals in reports are bootstrapped.
 */
import { midranks } from './midranks.ts'
import { OneClassError } from './one-class-error.ts'

export interface DeLong {
  /** One per model. */
  readonly aucs: readonly number[]
  /** [M,M]: covariance[a][b] of the AUCs of models a and b. */
  readonly covariance: readonly (readonly number[])[]
}

/**
 * `models` are M vectors of N scores, `outcomes` N ones (positive) and zeros. A variance needs two images of each
 * outcome: with fewer of one, throws LEARNING_ONE_CLASS when there are none and gives NaN when there is one.
 */
export function delong(models: readonly Float64Array[], outcomes: Uint8Array): DeLong {
  const parts = models.map((scores) => placements(scores, outcomes))
  const entry = (a: Placements, b: Placements): number =>
    covariance(a.positives, b.positives) / a.positives.length +
    covariance(a.negatives, b.negatives) / a.negatives.length
  return {
    aucs: parts.map(({ positives }) => mean(positives)),
    covariance: parts.map((a) => parts.map((b) => entry(a, b))),
  }
}

/** How each image does: the share of negatives below a positive, and of positives above a negative. */
interface Placements {
  readonly positives: Float64Array
  readonly negatives: Float64Array
}

function placements(scores: Float64Array, outcomes: Uint8Array): Placements {
  const isPositive = (_: number, i: number): boolean => outcomes[i] === 1
  const isNegative = (_: number, i: number): boolean => outcomes[i] !== 1
  const amongAll = midranks(scores)
  const amongPositives = midranks(scores.filter(isPositive))
  const amongNegatives = midranks(scores.filter(isNegative))
  const m = amongPositives.length
  const n = amongNegatives.length
  if (m === 0 || n === 0) throw new OneClassError("DeLong's variance")
  return {
    positives: amongAll.filter(isPositive).map((rank, i) => (rank - amongPositives[i]!) / n),
    negatives: amongAll.filter(isNegative).map((rank, i) => 1 - (rank - amongNegatives[i]!) / m),
  }
}

const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length

/** Unbiased sample covariance. */
function covariance(a: Float64Array, b: Float64Array): number {
  const meanA = mean(a)
  const meanB = mean(b)
  return a.reduce((sum, x, i) => sum + (x - meanA) * (b[i]! - meanB), 0) / (a.length - 1)
}
