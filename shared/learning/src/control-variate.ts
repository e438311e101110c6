/**
 * SCAFFOLD's control variates (Karimireddy et al. 2020, arXiv 1910.06378, algorithm 1, option II): a site's mean gradient of a
 * round, c_i, read off how far it moved, and the sites' mean of them, c. Sites add c - c_i to their gradients, so they all
 * go the way of the mean. Free of the tensor engine: the coordinator computes with the same numbers.
 *
 * The paper takes K steps of one learning rate; what matters is that the weights move by a fixed sum of gradients. Momentum
 * from zero and a schedule keep that, with other factors: c_i is then their weighted mean. A trust ratio or AdamW does not.
 */
import type { OptimiserPlan, StudyPlan } from '@consilium/study'
import { stepLearningRate } from './optimisers/learning-rate.ts'

/** A plan's part that says how far steps lead. */
export type StepsPlan = Pick<StudyPlan, 'optimiser' | 'schedule'>

/**
 * How far a round's steps lead when every gradient is 1: K times the learning rate in the paper. The optimiser is
 * `sgd` or `sgd-nesterov`, which the plan's schema makes sure of; weight decay counts as gradient. 0 for no steps.
 */
export function reachOf(
  plan: StepsPlan,
  { round, steps }: { readonly round: number; readonly steps: number },
): number {
  const { momentum, isNesterov } = linear(plan.optimiser)
  let velocity = 0
  let reach = 0
  for (let step = 0; step < steps; step += 1) {
    velocity = momentum * velocity + 1
    const ahead = isNesterov ? 1 + momentum * velocity : velocity
    reach += stepLearningRate(plan, { round, step, steps }) * ahead
  }
  return reach
}

function linear(optimiser: OptimiserPlan): { momentum: number; isNesterov: boolean } {
  if (optimiser.name !== 'sgd' && optimiser.name !== 'sgd-nesterov')
    throw new Error(`internal: the steps of ${optimiser.name} do not add up`)
  return { momentum: optimiser.momentum, isNesterov: optimiser.name === 'sgd-nesterov' }
}

export interface SiteRound {
  /** c, as the site trained with it. */
  readonly global: Float32Array
  /** c_i before the round. */
  readonly own: Float32Array
  /** The round's update as the coordinator reads it: weights after minus weights before. */
  readonly delta: Float32Array
}

/** c_i after the round, `c_i - c - delta / reach`, in float64 and rounded once. All of one length; any stretch of a model. */
export const nextControl = ({ global, own, delta }: SiteRound, reach: number): Float32Array =>
  own.map((value, i) => value - global[i]! - delta[i]! / reach)
