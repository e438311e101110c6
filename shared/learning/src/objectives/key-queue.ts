import { tf, type TensorFlow } from '@consilium/engine'
import { normaliseRows } from './normalise-rows.ts'

type Tensor2D = TensorFlow.Tensor2D

/**
 * MoCo's queue (He et al. 2020, section 3.1) after a step: this batch's keys, scaled to length 1, in front and the
 * oldest ones out. queue [K, D], keys [N, D] -> [K, D].
 */
export function enqueueKeys(queue: Tensor2D, keys: Tensor2D): Tensor2D {
  const all = tf.concat([normaliseRows(keys), queue]) // [N + K, D]
  return tf.slice(all, [0, 0], [queue.shape[0], -1]) // [K, D]
}
