import { tf, type TensorFlow } from '@consilium/engine'
import { normaliseRows } from './normalise-rows.ts'
import { stopGradient } from './stop-gradient.ts'

type Tensor2D = TensorFlow.Tensor2D

/** Mean cosine of each row of `predictions` with that of `targets`, which carry no gradient; [N, D] both -> a scalar. */
export const meanCosine = (predictions: Tensor2D, targets: Tensor2D): TensorFlow.Scalar =>
  tf.mean(
    tf.sum(tf.mul(normaliseRows(predictions), stopGradient(normaliseRows(targets))), 1), // [N]
  )
