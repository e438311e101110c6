/**
 * BYOL (Grill et al. 2020, equation 2 and its symmetrised form): the prediction of one view regresses the target
 * network's embedding of the other, both scaled to length 1. There are no negatives. The target network is a moving
 * average of the online one; its embeddings carry no gradient.
 */
import { tf, type TensorFlow } from '@consilium/engine'
import { meanCosine } from './mean-cosine.ts'
import type { ViewPair } from './view-pair.ts'

/** The predictor's output and the target projector's, two [N, D] each -> sum over both ways of the mean of 2 - 2 cos. */
export function byolLoss(predictions: ViewPair, targets: ViewPair): TensorFlow.Scalar {
  const cosines = tf.add(
    meanCosine(predictions[0], targets[1]),
    meanCosine(predictions[1], targets[0]),
  )
  return tf.sub(4, tf.mul(cosines, 2))
}
