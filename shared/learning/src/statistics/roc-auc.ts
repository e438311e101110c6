/**
 * Area under the ROC curve = P(score of a positive > score of a negative) + half of P(equal): the Mann-Whitney
 * statistic with midranks (Hanley & McNeil 1982). O(N log N) for the order, then O(N) for each resample.
 */
import { OneClassError } from './one-class-error.ts'
import { onWholeSet, type Statistic } from './statistic.ts'

/** AUC of N scores against N outcomes (1 positive, 0 negative). Throws LEARNING_ONE_CLASS without both outcomes. */
export const rocAuc = (scores: Float64Array, outcomes: Uint8Array): number =>
  onWholeSet(rocAucStatistic(scores, outcomes), scores.length)

/** `rocAuc` as a statistic of resamples. A resample without both outcomes throws LEARNING_ONE_CLASS. */
export function rocAucStatistic(scores: Float64Array, outcomes: Uint8Array): Statistic {
  if (!scores.every(Number.isFinite))
    throw new RangeError('internal: an AUC of scores that are not finite')
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!)
  return (counts) => areaInOrder({ scores, outcomes, order, counts })
}

interface Sweep {
  readonly scores: Float64Array
  readonly outcomes: Uint8Array
  /** Images by ascending score. */
  readonly order: Uint32Array
  readonly counts: Uint32Array
}

function areaInOrder({ scores, outcomes, order, counts }: Sweep): number {
  let negatives = 0
  let positives = 0
  let wins = 0
  for (let start = 0; start < order.length;) {
    const score = scores[order[start]!]!
    let tiedPositives = 0
    let tiedNegatives = 0
    let end = start
    for (; end < order.length && scores[order[end]!] === score; end += 1) {
      const image = order[end]!
      if (outcomes[image] === 1) tiedPositives += counts[image]!
      else tiedNegatives += counts[image]!
    }
    wins += tiedPositives * (negatives + tiedNegatives / 2)
    positives += tiedPositives
    negatives += tiedNegatives
    start = end
  }
  if (positives === 0 || negatives === 0) throw new OneClassError('An AUC')
  return wins / (positives * negatives)
}
