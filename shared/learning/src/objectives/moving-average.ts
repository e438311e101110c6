/** The moving average of the weights that target and key networks are (He et al. 2020, equation 2; Grill et al. 2020, section 3.1). */
import { tf, type TensorFlow } from '@consilium/engine'

type Tensor = TensorFlow.Tensor

/** One tensor's average after a step: momentum average + (1 - momentum) weight. `momentum` is a scalar, 0..1. */
export const movingAverage = (average: Tensor, weight: Tensor, momentum: Tensor): Tensor =>
  tf.add(tf.mul(average, momentum), tf.mul(weight, tf.sub(1, momentum)))

/**
 * BYOL's schedule (Grill et al. 2020, section 3.2; MoCo v3 uses it too): from `base` to 1 along half a cosine.
 * `progress` is the finished part of the study, 0..1. Bases: BYOL 0.996 for 1000 epochs and 0.99 for 300 and 100, MoCo v3
 * 0.99 and 0.996 for 1000. MoCo v2 stays at 0.999 instead.
 */
export const targetMomentumAt = (progress: number, base: number): number =>
  1 - ((1 - base) * (Math.cos(Math.PI * progress) + 1)) / 2
