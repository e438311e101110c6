/** The parts a plan's aggregation is made of: a new rule is one more case here. */
import type { AggregationPlan } from '@consilium/study'
import type { Rule } from './rules/rule.ts'
import { weightedAverage } from './rules/weighted-average.ts'

export interface Aggregator {
  readonly rule: Rule
}

export function aggregatorOf(plan: AggregationPlan): Aggregator {
  if (plan.rule === 'fedavg') return { rule: weightedAverage(plan.weighting) }
  throw new Error(`internal: there is no rule '${plan.rule}' yet`)
}
