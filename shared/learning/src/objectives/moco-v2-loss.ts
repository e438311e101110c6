/**
 * MoCo (He et al. 2020, equation 1) as MoCo v2 uses it (Chen et al. 2020b): a query must find its key among the keys of
 * earlier batches. The keys come from a moving average of the encoder and carry no gradient.
 */
import { tf, type TensorFlow } from '@consilium/engine'
import { infoNce } from './info-nce.ts'
import { normaliseRows } from './normalise-rows.ts'
import { stopGradient } from './stop-gradient.ts'

type Tensor2D = TensorFlow.Tensor2D

interface Contrast {
  /** Embeddings of one view, [N, D]. */
  readonly queries: Tensor2D
  /** The moving-average network's embeddings of the other view, [N, D]. */
  readonly keys: Tensor2D
  /** Keys of earlier batches, rows of length 1, [K, D] (`enqueueKeys`). */
  readonly queue: Tensor2D
}

interface MocoV2Options {
  /** MoCo v2 has 0.2, MoCo 0.07. At least 0.025. */
  readonly temperature?: number
}

/** -> mean over the N queries, a scalar. Only the queries have a gradient. */
export function mocoV2Loss(
  { queries, keys, queue }: Contrast,
  { temperature = 0.2 }: MocoV2Options = {},
): TensorFlow.Scalar {
  const q = normaliseRows(queries) // [N, D]
  const positive = tf.sum(tf.mul(q, stopGradient(normaliseRows(keys))), 1, true) // [N, 1]
  const negatives = tf.matMul(q, stopGradient(queue), false, true) // [N, K]
  const candidates = tf.concat([positive, negatives], 1) // [N, 1 + K]
  return infoNce({ positive: tf.squeeze(positive, [1]), candidates }, temperature)
}
