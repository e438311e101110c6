/**
 * InfoNCE (van den Oord et al. 2018, equation 4): a query must find its key among candidates. Cosine similarities are at
 * most 1, so exp((s - 1) / temperature) cannot overflow and no maximum is subtracted; below a temperature of 0.025 it
 * can underflow in float32.
 */
import { tf, type TensorFlow } from '@consilium/engine'

interface Similarities {
  /** Cosines of each query with its key, [N]. */
  readonly positive: TensorFlow.Tensor
  /** Cosines of each query with all its candidates, its key among them, [N, M]. */
  readonly candidates: TensorFlow.Tensor
}

/** Mean over the queries of log sum_j exp(s_j / temperature) - s_positive / temperature, a scalar. */
export function infoNce(
  { positive, candidates }: Similarities,
  temperature: number,
): TensorFlow.Scalar {
  const weights = tf.exp(tf.div(tf.sub(candidates, 1), temperature)) // [N, M]
  const distances = tf.div(tf.sub(1, positive), temperature) // [N]
  return tf.mean(tf.add(tf.log(tf.sum(weights, 1)), distances))
}
