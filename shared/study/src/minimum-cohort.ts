import type { AggregationPlan } from './aggregation-plan.ts'

export interface MinimumCohort {
  readonly updates: number
  /** Why fewer will not do, to follow "needs n updates". */
  readonly reason: string
}

/** The fewest updates that a rule can do with what it is chosen for. */
// eslint-disable-next-line complexity -- one case a rule
export function minimumCohort(plan: AggregationPlan): MinimumCohort {
  switch (plan.rule) {
    case 'fedavg':
    case 'fedavgm':
    case 'fedadam':
    case 'fedyogi':
    case 'fedadagrad':
    case 'fednova':
    case 'scaffold':
      return { updates: 1, reason: 'an average needs one' }
    case 'coordinate-median':
    case 'geometric-median':
    case 'centred-clipping':
      return { updates: 3, reason: 'of two that disagree neither is in the majority' }
    case 'trimmed-mean':
    case 'nnm-trimmed-mean':
      return {
        updates: 2 * plan.byzantine + 1,
        reason: `n > 2f: with byzantine (f) = ${plan.byzantine} it leaves out ${plan.byzantine} values at either end`,
      }
    case 'krum':
      return krumCohort(plan.byzantine, 1)
    case 'multi-krum':
      return krumCohort(plan.byzantine, plan.selected)
  }
}

/** Blanchard et al. 2017 prove n >= 2f + 3; of more than n - f selected, one is arbitrary for certain. */
function krumCohort(f: number, selected: number): MinimumCohort {
  const proven = 2 * f + 3
  if (selected + f <= proven) {
    return { updates: proven, reason: `n >= 2f + 3 with byzantine (f) = ${f}` }
  }
  return {
    updates: selected + f,
    reason: `n >= selected + f: of ${selected} selected none must be one of the ${f} arbitrary ones`,
  }
}
