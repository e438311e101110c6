import { tf, type TensorFlow } from '@consilium/engine'
import type { Parameters } from './backbone.ts'

type Tensor2D = TensorFlow.Tensor2D

const EPSILON = 1e-5

/**
 * SimCLR's projection head (Chen et al. 2020, reference code): dense, normalise, ReLU, dense, normalise.
 * features [N, D] -> embeddings [N, output].
 *
 * The published head normalises with batch normalisation; so does this one, but it keeps no running statistics: the
 * head is thrown away after pretraining, so there is nothing to federate, to store or to leak. Without it training
 * hardly starts: averaged ReLU features are all nearly parallel, and only their mean over the batch says so.
 */
export function projector(features: Tensor2D, parameters: Parameters): Tensor2D {
  const hidden = standardiseColumns(tf.matMul(features, parameters['projector/hidden/kernel']!))
  const activated = tf.relu(tf.add(hidden, parameters['projector/hidden/bias']!))
  return standardiseColumns(tf.matMul(activated, parameters['projector/output/kernel']!))
}

/** Every column of [N, D] brought to mean 0 and (biased) variance 1 over the batch. */
export function standardiseColumns(x: TensorFlow.Tensor): Tensor2D {
  const centred = tf.sub(x, tf.mean(x, 0, true))
  const variance = tf.mean(tf.square(centred), 0, true)
  return tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON)))
}
