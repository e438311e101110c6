/**
 * MoCo v3 (Chen, Xie & He 2021, section 3, algorithm 1): no queue; a prediction of one view must find the other view's
 * key among the keys of the batch, both ways round. The keys come from a moving average of encoder and projector and
 * carry no gradient. Each way is scaled by 2 temperature, so that the learning rate need not follow the temperature.
 */
import { tf, type TensorFlow } from '@consilium/engine'
import { infoNce } from './info-nce.ts'
import { normaliseRows } from './normalise-rows.ts'
import { stopGradient } from './stop-gradient.ts'
import type { ViewPair } from './view-pair.ts'

type Tensor2D = TensorFlow.Tensor2D

interface MocoV3Options {
  /** 1 in the code for ResNet-50, 0.2 for ViT. At least 0.025. */
  readonly temperature?: number
}

/** The predictor's output and the moving-average network's keys, two [N, D] each -> the sum of both ways, a scalar. */
export function mocoV3Loss(
  predictions: ViewPair,
  keys: ViewPair,
  { temperature = 1 }: MocoV3Options = {},
): TensorFlow.Scalar {
  const [first, second] = [
    contrast(predictions[0], keys[1], temperature),
    contrast(predictions[1], keys[0], temperature),
  ]
  return tf.mul(tf.add(first, second), 2 * temperature)
}

function contrast(predictions: Tensor2D, keys: Tensor2D, temperature: number): TensorFlow.Scalar {
  const q = normaliseRows(predictions) // [N, D]
  const k = stopGradient(normaliseRows(keys)) // [N, D]
  const positive = tf.sum(tf.mul(q, k), 1) // [N]
  const candidates = tf.matMul(q, k, false, true) // [N, N]
  return infoNce({ positive, candidates }, temperature)
}
