/**
 * Weight standardisation (Qiao et al. 2019) with its gradient written out: half the passes over the kernel that
 * tfjs's automatic differentiation makes. With k values per filter and w' = (w - mean) r, r = 1 / sqrt(var + eps):
 * dw = r (dy - mean(dy) - w' mean(dy w')).
 */
import { tf, type TensorFlow } from '@consilium/engine'

type Tensor = TensorFlow.Tensor

/** Epsilon of BiT's weight standardisation (Kolesnikov et al. 2020, reference code). */
export const WEIGHT_STANDARDISATION_EPSILON = 1e-10

const FILTER_AXES = [0, 1, 2]

/** Every output filter of `kernel` [kh, kw, in, out] brought to mean 0 and (biased) variance 1. */
export function standardiseWeights(kernel: TensorFlow.Tensor4D): TensorFlow.Tensor4D {
  const standardise = tf.customGrad((...args) => {
    const [w, save] = args as unknown as [Tensor, TensorFlow.GradSaveFunc]
    const centred = tf.sub(w, meanOfFilter(w))
    const variance = meanOfFilter(tf.square(centred))
    const rstd = tf.rsqrt(tf.add(variance, WEIGHT_STANDARDISATION_EPSILON))
    const value = tf.mul(centred, rstd)
    save([value, rstd])
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [standardised, r] = saved as [Tensor, Tensor]
        const alongFilter = tf.mul(standardised, meanOfFilter(tf.mul(dy, standardised)))
        return tf.mul(tf.sub(tf.sub(dy, alongFilter), meanOfFilter(dy)), r)
      },
    }
  })
  return standardise(kernel) as TensorFlow.Tensor4D
}

const meanOfFilter = (x: Tensor): Tensor => tf.mean(x, FILTER_AXES, true)
