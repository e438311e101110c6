/**
 * Decoupled contrastive loss, DCL (Yeh et al. 2022, equation 6): NT-Xent without the positive pair in the denominator,
 * which takes away the coupling that makes small batches learn slowly. One logarithm over the negatives of both views, as
 * in the paper; lightly's code takes one per view.
 */
import { tf, type TensorFlow } from '@consilium/engine'
import { normaliseRows } from './normalise-rows.ts'

type Tensor2D = TensorFlow.Tensor2D

interface DecoupledContrastiveOptions {
  /** 0.1 is lightly's; not checked against the paper. At least 0.025. */
  readonly temperature?: number
}

/** embeddings [2N, D] of N >= 2 images, row i and row i + N being two views of one -> mean over the 2N rows, a scalar. */
export function decoupledContrastiveLoss(
  embeddings: Tensor2D,
  { temperature = 0.1 }: DecoupledContrastiveOptions = {},
): TensorFlow.Scalar {
  const [rows] = embeddings.shape
  const z = normaliseRows(embeddings) // [2N, D]
  const partners = tf.concat(tf.split(z, 2).toReversed()) // [2N, D]
  const distances = tf.div(tf.sub(1, tf.sum(tf.mul(z, partners), 1)), temperature) // [2N]
  const similarities = tf.matMul(z, z, false, true) // [2N, 2N]
  const weights = tf.exp(tf.div(tf.sub(similarities, 1), temperature))
  const negatives = tf.sum(tf.mul(weights, otherImages(rows)), 1) // [2N]
  return tf.mean(tf.add(tf.log(negatives), distances))
}

/** 1 where row and column are views of different images, [2N, 2N]. */
const otherImages = (rows: number): Tensor2D => tf.sub(1, tf.tile(tf.eye(rows / 2), [2, 2]))
