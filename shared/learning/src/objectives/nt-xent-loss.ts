/**
 * NT-Xent (Chen et al. 2020, SimCLR, equation 1): each view must find the other view of its image among all others.
 * Cosine similarities are at most 1, so exp((s - 1) / temperature) cannot overflow and no maximum is subtracted.
 */
import { tf, type TensorFlow } from '@consilium/engine'

type Tensor2D = TensorFlow.Tensor2D

const NORM_EPSILON = 1e-12

/** embeddings [2N, D], row i and row i + N being two views of one image -> mean loss over the 2N rows, a scalar. */
export function ntXentLoss(embeddings: Tensor2D, temperature: number): TensorFlow.Scalar {
  const [rows] = embeddings.shape
  const n = rows / 2
  const z = normaliseRows(embeddings) // [2N, D]
  const partners = tf.concat([tf.slice(z, [n, 0], [n, -1]), tf.slice(z, [0, 0], [n, -1])]) // [2N, D]
  const positive = tf.div(tf.sum(tf.mul(z, partners), 1), temperature) // [2N]
  const similarities = tf.matMul(z, z, false, true) // [2N, 2N]
  const weights = tf.exp(tf.div(tf.sub(similarities, 1), temperature))
  const others = tf.sum(tf.mul(weights, notSelf(rows)), 1) // [2N]
  return tf.mean(tf.sub(tf.add(tf.log(others), 1 / temperature), positive))
}

/** Rows of [N, D] scaled to length 1. */
const normaliseRows = (x: Tensor2D): Tensor2D =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), NORM_EPSILON)))

/** 1 everywhere but on the diagonal, [rows, rows]. */
function notSelf(rows: number): TensorFlow.Tensor2D {
  const mask = new Float32Array(rows * rows).fill(1)
  for (let i = 0; i < rows; i += 1) mask[i * rows + i] = 0
  return tf.tensor2d(mask, [rows, rows])
}
