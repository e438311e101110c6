/** Stochastic gradient descent with momentum, the learning rate outside the buffer as in PyTorch. */
import { tf } from '@consilium/engine'
import { decayed, type OptimiserStep, type OptimiserUpdate, type PlanOf } from './optimiser-step.ts'

/** Classical momentum (Sutskever et al. 2013, equation 1): v = m v + g; w = w - lr v. */
export function sgd(plan: PlanOf<'sgd'>, step: OptimiserStep): OptimiserUpdate {
  const momentum = tf.add(
    tf.mul(step.buffers['momentum']!, plan.momentum),
    decayed(step, plan.weightDecay),
  )
  return { weight: tf.sub(step.weight, tf.mul(momentum, step.learningRate)), buffers: { momentum } }
}

/**
 * Nesterov's momentum (Sutskever et al. 2013, equations 3 and 4), written for the point the gradient is taken at:
 * v = m v + g; w = w - lr (g + m v).
 */
export function sgdNesterov(plan: PlanOf<'sgd-nesterov'>, step: OptimiserStep): OptimiserUpdate {
  const gradient = decayed(step, plan.weightDecay)
  const momentum = tf.add(tf.mul(step.buffers['momentum']!, plan.momentum), gradient)
  const ahead = tf.add(gradient, tf.mul(momentum, plan.momentum))
  return { weight: tf.sub(step.weight, tf.mul(ahead, step.learningRate)), buffers: { momentum } }
}
