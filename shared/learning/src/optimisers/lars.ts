/**
 * LARS (You et al. 2017): every tensor's step is as long, compared with the tensor, as every other's. Published code
 * differs in where the learning rate stands, which counts as soon as it changes, and in the trust ratio.
 */
import { tf, type TensorFlow } from '@consilium/engine'
import {
  decayed,
  isExcluded,
  type OptimiserStep,
  type OptimiserUpdate,
  type PlanOf,
} from './optimiser-step.ts'

type Tensor = TensorFlow.Tensor

/**
 * As SimCLR's code has it (google-research/simclr@383d414, lars_optimizer.py): g = g + wd w; trust = eta |w| / |g|, 1
 * where either norm is 0; v = m v + lr trust g; w = w - v.
 */
export function lars(plan: PlanOf<'lars'>, step: OptimiserStep): OptimiserUpdate {
  const { weight, learningRate } = step
  const gradient = decayed(step, plan.weightDecay)
  const rate = isExcluded(weight)
    ? learningRate
    : tf.mul(learningRate, trust(norm(weight), norm(gradient), plan.trustCoefficient))
  const momentum = tf.add(tf.mul(step.buffers['momentum']!, plan.momentum), tf.mul(gradient, rate))
  return { weight: tf.sub(weight, momentum), buffers: { momentum } }
}

/** eta |w| / |g|, 1 where either norm is 0; scalars. */
function trust(weightNorm: Tensor, gradientNorm: Tensor, coefficient: number): Tensor {
  const defined = tf.greater(tf.mul(weightNorm, gradientNorm), 0)
  const ratio = tf.div(
    tf.mul(weightNorm, coefficient),
    tf.where(defined, gradientNorm, tf.onesLike(gradientNorm)),
  )
  return tf.where(defined, ratio, tf.onesLike(ratio))
}

const TRUST_EPSILON = 1e-8

/**
 * As the PyTorch libraries have it, all after Lightning Bolts (lightly-ai/lightly@0a6a3a3 and
 * vturrisi/solo-learn@096530c, lars.py): trust = eta |w| / (|g| + wd |w| + 1e-8); g = trust (g + wd w), g alone where
 * either norm is 0; v = m v + g; w = w - lr v.
 */
export const larsPytorch = (plan: PlanOf<'lars-pytorch'>, step: OptimiserStep): OptimiserUpdate =>
  descend(plan, step, (ratio) => ratio)

/**
 * LARC, as solo-learn's `clip_lr` has it after NVIDIA's apex: `lars-pytorch` with min(trust / lr, 1) for the trust, so
 * that a tensor's rate is the smaller of trust and lr. solo-learn uses eta 0.02 on CIFAR.
 */
export const larc = (plan: PlanOf<'larc'>, step: OptimiserStep): OptimiserUpdate =>
  descend(plan, step, (ratio) => tf.minimum(tf.div(ratio, step.learningRate), 1))

function descend(
  plan: PlanOf<'lars-pytorch' | 'larc'>,
  step: OptimiserStep,
  adapt: (ratio: Tensor) => Tensor,
): OptimiserUpdate {
  const { weight, gradient, buffers, learningRate } = step
  const adapted = isExcluded(weight) ? gradient : adaptedGradient(plan, step, adapt)
  const momentum = tf.add(tf.mul(buffers['momentum']!, plan.momentum), adapted)
  return { weight: tf.sub(weight, tf.mul(momentum, learningRate)), buffers: { momentum } }
}

function adaptedGradient(
  plan: PlanOf<'lars-pytorch' | 'larc'>,
  step: OptimiserStep,
  adapt: (ratio: Tensor) => Tensor,
): Tensor {
  const { weight, gradient } = step
  const [weightNorm, gradientNorm] = [norm(weight), norm(gradient)]
  const denominator = tf.add(
    tf.add(gradientNorm, tf.mul(weightNorm, plan.weightDecay)),
    TRUST_EPSILON,
  )
  const ratio = adapt(tf.div(tf.mul(weightNorm, plan.trustCoefficient), denominator))
  const isAdapted = tf.greater(tf.mul(weightNorm, gradientNorm), 0)
  return tf.where(isAdapted, tf.mul(decayed(step, plan.weightDecay), ratio), gradient)
}

const norm = (x: Tensor): Tensor => tf.sqrt(tf.sum(tf.square(x)))
