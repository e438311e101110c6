/**
 * Barlow Twins (Zbontar et al. 2021, equations 1 and 2): over the batch, each dimension of one view must correlate with
 * the same dimension of the other view and with no other one.
 */
import { tf, type TensorFlow } from '@consilium/engine'
import { standardiseColumns } from '../models/projector.ts'
import type { ViewPair } from './view-pair.ts'

interface BarlowTwinsOptions {
  /** Weight of the correlations between different dimensions: 0.0051 in the code, 0.005 in the paper. */
  readonly redundancy?: number
}

/** Two [N, D] -> sum_i (1 - C_ii)^2 + redundancy sum_{i != j} C_ij^2 of the cross-correlation C, a scalar. */
export function barlowTwinsLoss(
  [first, second]: ViewPair,
  { redundancy = 0.0051 }: BarlowTwinsOptions = {},
): TensorFlow.Scalar {
  const [n] = first.shape
  const [a, b] = [standardiseColumns(first), standardiseColumns(second)] // [N, D]
  const correlations = tf.div(tf.matMul(a, b, true), n) // [D, D]
  const diagonal = tf.mean(tf.mul(a, b), 0) // [D]
  const invariance = tf.sum<TensorFlow.Scalar>(tf.squaredDifference(diagonal, 1))
  const offDiagonal = tf.sub(tf.sum(tf.square(correlations)), tf.sum(tf.square(diagonal)))
  return tf.add(invariance, tf.mul(offDiagonal, redundancy))
}
