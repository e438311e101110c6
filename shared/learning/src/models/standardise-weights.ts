import { tf, type TensorFlow } from '@consilium/engine'

/** Epsilon of BiT's weight standardisation (Kolesnikov et al. 2020, reference code). */
export const WEIGHT_STANDARDISATION_EPSILON = 1e-10

/** Every output filter of `kernel` [kh, kw, in, out] brought to mean 0 and (biased) variance 1 (Qiao et al. 2019). */
export function standardiseWeights(kernel: TensorFlow.Tensor4D): TensorFlow.Tensor4D {
  const axes = [0, 1, 2]
  const centred = tf.sub(kernel, tf.mean(kernel, axes, true))
  const variance = tf.mean(tf.square(centred), axes, true)
  return tf.mul(centred, tf.rsqrt(tf.add(variance, WEIGHT_STANDARDISATION_EPSILON)))
}
