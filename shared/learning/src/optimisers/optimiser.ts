/** An optimiser as a pure function of tensors, written once and compiled into the training step. */
import { tf, type TensorFlow } from '@consilium/engine'
import type { OptimiserPlan } from '@consilium/study'

type Tensor = TensorFlow.Tensor

export interface Update {
  readonly weight: Tensor
  readonly momentum: Tensor
}

interface Step {
  readonly weight: Tensor
  readonly gradient: Tensor
  readonly momentum: Tensor
  /** A scalar. */
  readonly learningRate: Tensor
}

/** Biases and normalisation parameters get neither decay nor adaptation: every 1-D tensor. */
const isExcluded = (weight: Tensor): boolean => weight.shape.length < 2

export function applyOptimiser(plan: OptimiserPlan, step: Step): Update {
  switch (plan.name) {
    case 'sgd':
      return sgd(plan, step)
    case 'lars':
      return lars(plan, step)
    default:
      return plan satisfies never
  }
}

const decayed = ({ weight, gradient }: Step, weightDecay: number): Tensor =>
  isExcluded(weight) || weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(weight, weightDecay))

/** v = m v + g; w = w - lr v (Sutskever et al. 2013, with the learning rate outside the buffer). */
function sgd(plan: OptimiserPlan & { name: 'sgd' }, step: Step): Update {
  const momentum = tf.add(tf.mul(step.momentum, plan.momentum), decayed(step, plan.weightDecay))
  return { momentum, weight: tf.sub(step.weight, tf.mul(momentum, step.learningRate)) }
}

/**
 * LARS as SimCLR's code has it (You et al. 2017; google-research/simclr lars_optimizer.py): g = g + wd w;
 * trust = eta |w| / |g|, 1 where either norm is 0; v = m v + lr trust g; w = w - v.
 */
function lars(plan: OptimiserPlan & { name: 'lars' }, step: Step): Update {
  const gradient = decayed(step, plan.weightDecay)
  const rate = isExcluded(step.weight)
    ? step.learningRate
    : tf.mul(step.learningRate, trust(step.weight, gradient, plan.trustCoefficient))
  const momentum = tf.add(tf.mul(step.momentum, plan.momentum), tf.mul(gradient, rate))
  return { momentum, weight: tf.sub(step.weight, momentum) }
}

function trust(weight: Tensor, gradient: Tensor, coefficient: number): Tensor {
  const weightNorm = tf.sqrt(tf.sum(tf.square(weight)))
  const gradientNorm = tf.sqrt(tf.sum(tf.square(gradient)))
  const defined = tf.greater(tf.mul(weightNorm, gradientNorm), 0)
  const ratio = tf.div(
    tf.mul(weightNorm, coefficient),
    tf.where(defined, gradientNorm, tf.onesLike(gradientNorm)),
  )
  return tf.where(defined, ratio, tf.onesLike(ratio))
}
