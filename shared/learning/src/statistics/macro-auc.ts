/**
 * Macro AUC as MedMNIST's evaluator defines it: the unweighted mean of the one-versus-rest AUCs of the classes;
 * with two classes, the AUC of class 1's score. A class that no label names has no AUC and is left out of the mean.
 */
import { scoresOfClass, type ClassScores } from './class-scores.ts'
import { OneClassError } from './one-class-error.ts'
import { rocAucStatistic } from './roc-auc.ts'
import { onWholeSet, type Statistic } from './statistic.ts'

/** `labels` are N class indices in 0..K-1. Throws LEARNING_ONE_CLASS when they name fewer than two classes. */
export const macroAuc = (scores: ClassScores, labels: ArrayLike<number>): number =>
  onWholeSet(macroAucStatistic(scores, labels), labels.length)

/** `macroAuc` as a statistic of resamples that keep every class present. */
export function macroAucStatistic(scores: ClassScores, labels: ArrayLike<number>): Statistic {
  const present = [...new Set(Array.from(labels))].sort((a, b) => a - b)
  if (present.length < 2) throw new OneClassError('A macro AUC')
  const measured = scores.classes === 2 ? [1] : present
  const areas = measured.map((index) =>
    rocAucStatistic(
      scoresOfClass(scores, index),
      Uint8Array.from(labels, (label) => (label === index ? 1 : 0)),
    ),
  )
  return (counts) => areas.reduce((sum, area) => sum + area(counts), 0) / areas.length
}
