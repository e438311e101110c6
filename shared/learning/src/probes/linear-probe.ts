/** Linear evaluation of a frozen backbone: logistic regression on its standardised features. */
import type { ClassScores } from '../statistics/class-scores.ts'
import { OneClassError } from '../statistics/one-class-error.ts'
import { standardise, type FeatureStatistics } from './feature-statistics.ts'
import type { Features } from './features.ts'
import { fitLogisticRegression, predictProbabilities } from './logistic-regression.ts'

export interface ProbeOptions {
  readonly train: Features
  /** Class of each training row, 0..classes-1. */
  readonly trainLabels: ArrayLike<number>
  readonly test: Features
  readonly classes: number
  /** Of all training images of the site, labelled or not: the same for every label fraction. */
  readonly statistics: FeatureStatistics
  readonly lambda?: number
}

/** Probabilities [Ntest,K]. Throws LEARNING_ONE_CLASS when the training labels name fewer than two classes. */
export function linearProbe(options: ProbeOptions): ClassScores {
  const { train, trainLabels, test, classes, statistics, lambda = 1 } = options
  if (new Set(Array.from(trainLabels)).size < 2) throw new OneClassError('A linear probe')
  const examples = {
    features: standardise(train, statistics),
    dimension: train.dimension,
    labels: trainLabels,
    classes,
  }
  return predictProbabilities(
    fitLogisticRegression(examples, { lambda }),
    standardise(test, statistics),
  )
}
