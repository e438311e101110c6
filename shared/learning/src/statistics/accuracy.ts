import type { ClassScores } from './class-scores.ts'
import { onWholeSet, type Statistic } from './statistic.ts'

/** Share of images whose highest score is their label's; the first of equal scores counts. 0..1. */
export const accuracy = (scores: ClassScores, labels: ArrayLike<number>): number =>
  onWholeSet(accuracyStatistic(scores, labels), labels.length)

/** `accuracy` as a statistic of resamples. */
export function accuracyStatistic(scores: ClassScores, labels: ArrayLike<number>): Statistic {
  const correct = Uint8Array.from(labels, (label, i) =>
    predictedClass(scores, i) === label ? 1 : 0,
  )
  return (counts) => {
    let right = 0
    let all = 0
    for (let i = 0; i < counts.length; i += 1) {
      right += correct[i]! * counts[i]!
      all += counts[i]!
    }
    return right / all
  }
}

function predictedClass({ classes, values }: ClassScores, image: number): number {
  let best = 0
  for (let k = 1; k < classes; k += 1) {
    if (values[image * classes + k]! > values[image * classes + best]!) best = k
  }
  return best
}
