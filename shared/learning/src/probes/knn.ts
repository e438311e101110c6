/**
 * Weighted k-nearest-neighbour vote by cosine similarity (Wu et al. 2018): each of the k most similar bank images adds
 * exp(similarity / temperature) to its class. k = 20 and temperature 0.1 are lightly's for small banks.
 */
import type { ClassScores } from '../statistics/class-scores.ts'
import { dot } from './dot.ts'
import { rowsOf, type Features } from './features.ts'

export interface KnnOptions {
  readonly bank: Features
  /** Class of each bank row, 0..classes-1. */
  readonly bankLabels: ArrayLike<number>
  readonly test: Features
  readonly classes: number
  /** The whole bank votes when it is smaller. */
  readonly k?: number
  readonly temperature?: number
}

/** Queries compared with a bank row while it is in the processor's cache. */
const QUERIES_AT_ONCE = 64

/** Votes [Ntest,K], each row summing to 1. Of equally similar neighbours the earlier in the bank comes first. */
export function knn(options: KnnOptions): ClassScores {
  const { bank, bankLabels, test, classes, k = 20, temperature = 0.1 } = options
  const bankRows = unitRows(bank)
  const testRows = unitRows(test)
  const values = new Float64Array(testRows.length * classes)
  for (let first = 0; first < testRows.length; first += QUERIES_AT_ONCE) {
    similarities(testRows.slice(first, first + QUERIES_AT_ONCE), bankRows).forEach(
      (similarity, i) => {
        const votes = values.subarray((first + i) * classes, (first + i + 1) * classes)
        vote(votes, { similarity, bankLabels, k, temperature })
      },
    )
  }
  return { classes, values }
}

interface Vote {
  /** Of one test image to each bank image. */
  readonly similarity: Float64Array
  readonly bankLabels: ArrayLike<number>
  readonly k: number
  readonly temperature: number
}

function vote(votes: Float64Array, { similarity, bankLabels, k, temperature }: Vote): void {
  const nearest = highest(similarity, k)
  const weights = nearest.map((row) => Math.exp((similarity[row]! - 1) / temperature))
  const total = weights.reduce((sum, w) => sum + w, 0)
  nearest.forEach((row, n) => (votes[bankLabels[row]!]! += weights[n]! / total))
}

/** Indices of the k highest values, highest first, the earlier of equal ones first. */
function highest(values: Float64Array, k: number): readonly number[] {
  const best: number[] = []
  for (let i = 0; i < values.length; i += 1) {
    if (best.length === k && values[i]! <= values[best[k - 1]!]!) continue
    const place = best.findIndex((other) => values[other]! < values[i]!)
    best.splice(place < 0 ? best.length : place, 0, i)
    if (best.length > k) best.pop()
  }
  return best
}

/** Rows of length 1; a row of zeros stays zero and is equally far from everything. */
function unitRows(features: Features): readonly Float32Array[] {
  const { dimension, values } = features
  return Array.from({ length: rowsOf(features) }, (_, i) => {
    const row = values.subarray(i * dimension, (i + 1) * dimension)
    const length = Math.sqrt(dot(row, row))
    return length > 0 ? row.map((x) => x / length) : row
  })
}

/** For each query, its cosine with every bank row. */
function similarities(
  queries: readonly Float32Array[],
  bank: readonly Float32Array[],
): readonly Float64Array[] {
  const found = queries.map(() => new Float64Array(bank.length))
  bank.forEach((row, b) => {
    queries.forEach((query, q) => (found[q]![b] = dot(query, row)))
  })
  return found
}
