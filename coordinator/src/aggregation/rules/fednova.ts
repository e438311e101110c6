/**
 * FedNova (Wang et al. 2020, equation 10): `x <- x + tau_eff sum_i p_i d_i` with `d_i = update_i / |a_i|_1` and
 * `tau_eff = sum_i p_i |a_i|_1`. A site that took more steps does not pull the model its way for that alone.
 */
import type { OptimiserPlan } from '@consilium/study'
import type { Rule } from './rule.ts'
import { shares, type Weighting } from './shares.ts'

export const fedNova = (weighting: Weighting, optimiser: OptimiserPlan): Rule =>
  // eslint-disable-next-line require-yield -- steps are known
  function* (updates) {
    const p = shares(updates, weighting)
    const lengths = updates.map(({ steps }) => accumulation(optimiser, steps))
    const effective = lengths.reduce((sum, length, i) => sum + p[i]! * length, 0)
    return {
      kind: 'weighted-sum',
      weights: lengths.map((length, i) => (p[i]! * effective) / length),
    }
  }

/**
 * `|a|_1`: how far `steps` steps lead from a fresh optimiser when every gradient is 1 and the learning rate too. Steps
 * for AdamW, whose steps do not grow with the gradient; for SGD and its kin the momentum adds up (the paper's section
 * 4.2); trust ratios and the learning rate's schedule are left out.
 */
export function accumulation(optimiser: OptimiserPlan, steps: number): number {
  if (optimiser.name === 'adamw') return steps
  const { momentum } = optimiser
  const heavyBall = (steps - (momentum * (1 - momentum ** steps)) / (1 - momentum)) / (1 - momentum)
  // Nesterov's step is g + momentum v, where the other's is v.
  return optimiser.name === 'sgd-nesterov' ? steps + momentum * heavyBall : heavyBall
}
