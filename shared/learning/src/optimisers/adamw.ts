/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2): Adam (Kingma & Ba 2015) with weight decay that does not pass through its
 * adaptation. As in PyTorch, decay is multiplied by the learning rate; the paper multiplies by the schedule alone, so its
 * lambda is our weight decay times the peak learning rate.
 */
import { tf, type TensorFlow } from '@consilium/engine'
import {
  isExcluded,
  type OptimiserStep,
  type OptimiserUpdate,
  type PlanOf,
} from './optimiser-step.ts'

type Tensor = TensorFlow.Tensor

/**
 * m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; at step t,
 * w = w - lr wd w - lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + epsilon). 1-D tensors do not decay.
 */
export function adamw(plan: PlanOf<'adamw'>, step: OptimiserStep): OptimiserUpdate {
  const { weight, gradient, buffers, learningRate } = step
  const mean = blend(buffers['mean']!, gradient, plan.beta1)
  const variance = blend(buffers['variance']!, tf.square(gradient), plan.beta2)
  const correction = tf.rsqrt(sumOfWeights(plan.beta2, step.step))
  const deviation = tf.add(tf.mul(tf.sqrt(variance), correction), plan.epsilon)
  const rate = tf.div(learningRate, sumOfWeights(plan.beta1, step.step))
  const kept =
    isExcluded(weight) || plan.weightDecay === 0
      ? weight
      : tf.mul(weight, tf.sub(1, tf.mul(learningRate, plan.weightDecay)))
  return {
    weight: tf.sub(kept, tf.mul(tf.div(mean, deviation), rate)),
    buffers: { mean, variance },
  }
}

const blend = (average: Tensor, value: Tensor, beta: number): Tensor =>
  tf.add(tf.mul(average, beta), tf.mul(value, 1 - beta))

/** What the weights of an average that began at zero add up to after `step` steps. */
const sumOfWeights = (beta: number, step: Tensor): Tensor => tf.sub(1, tf.pow(beta, step))
