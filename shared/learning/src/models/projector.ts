import { tf, type TensorFlow } from '@consilium/engine'
import type { Parameters } from './backbone.ts'

/**
 * SimCLR's projection head: dense, ReLU, dense. features [N, D] -> embeddings [N, output]. The published head has batch
 * normalisation after each layer; here it has none, so no site's batch statistics are federated.
 */
export function projector(
  features: TensorFlow.Tensor2D,
  parameters: Parameters,
): TensorFlow.Tensor2D {
  const hidden = tf.relu(
    tf.add(
      tf.matMul(features, parameters['projector/hidden/kernel']!),
      parameters['projector/hidden/bias']!,
    ),
  )
  return tf.matMul(hidden, parameters['projector/output/kernel']!)
}
