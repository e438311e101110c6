/**
 * VICReg (Bardes, Ponce & LeCun 2022, equations 1 to 6): the two views of an image are close (invariance), each dimension
 * varies over the batch by at least 1 (variance), and no two dimensions vary together (covariance). No negatives.
 */
import { tf, type TensorFlow } from '@consilium/engine'
import type { ViewPair } from './view-pair.ts'

type Tensor = TensorFlow.Tensor

const VARIANCE_EPSILON = 1e-4

/** Weights of the three terms: lambda, mu and nu in the paper, the defaults those of its code. */
interface VicregOptions {
  readonly invariance?: number
  readonly variance?: number
  readonly covariance?: number
}

/**
 * Two [N, D] of at least two images -> the weighted sum of the terms, a scalar. As in the code, the variance term is the
 * mean over the views and the covariance term their sum.
 */
export function vicregLoss(
  [first, second]: ViewPair,
  { invariance = 25, variance = 25, covariance = 1 }: VicregOptions = {},
): TensorFlow.Scalar {
  const distance = tf.mean(tf.squaredDifference(first, second))
  const [a, b] = [spread(first), spread(second)]
  const tooNarrow = tf.div(tf.add(hinge(a), hinge(b)), 2)
  const redundant = tf.add(offDiagonal(a), offDiagonal(b))
  return tf.addN([
    tf.mul(distance, invariance),
    tf.mul(tooNarrow, variance),
    tf.mul(redundant, covariance),
  ]) as TensorFlow.Scalar
}

interface Spread {
  /** [D] */
  readonly variances: Tensor
  /** [D, D] */
  readonly covariances: Tensor
}

/** Unbiased variances and covariances over the batch. */
function spread(x: TensorFlow.Tensor2D): Spread {
  const centred = tf.sub(x, tf.mean(x, 0, true)) // [N, D]
  const freedom = x.shape[0] - 1
  return {
    variances: tf.div(tf.sum(tf.square(centred), 0), freedom),
    covariances: tf.div(tf.matMul(centred, centred, true), freedom),
  }
}

/** How far standard deviations fall short of 1, on average. */
const hinge = ({ variances }: Spread): Tensor =>
  tf.mean(tf.relu(tf.sub(1, tf.sqrt(tf.add(variances, VARIANCE_EPSILON)))))

/** Sum of the squared covariances of different dimensions, per dimension. */
const offDiagonal = ({ variances, covariances }: Spread): Tensor =>
  tf.div(tf.sub(tf.sum(tf.square(covariances)), tf.sum(tf.square(variances))), variances.shape[0])
