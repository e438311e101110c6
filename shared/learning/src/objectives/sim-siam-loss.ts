/**
 * SimSiam (Chen & He 2021, equations 3 and 4): BYOL without a target network. The targets are the projector's own
 * embeddings, held constant; without that it collapses.
 */
import { tf, type TensorFlow } from '@consilium/engine'
import { meanCosine } from './mean-cosine.ts'
import type { ViewPair } from './view-pair.ts'

/** The predictor's output and the projector's, two [N, D] each -> mean over both ways of -cos, a scalar in -1..1. */
export function simSiamLoss(predictions: ViewPair, embeddings: ViewPair): TensorFlow.Scalar {
  const cosines = tf.add(
    meanCosine(predictions[0], embeddings[1]),
    meanCosine(predictions[1], embeddings[0]),
  )
  return tf.div(cosines, -2)
}
