import type { AggregationPlan } from './aggregation-plan.ts'
import { minimumCohort } from './minimum-cohort.ts'

test.each<[number, AggregationPlan]>([
  [1, { rule: 'fedavg', weighting: 'samples' }],
  [3, { rule: 'coordinate-median' }],
  [5, { rule: 'trimmed-mean', byzantine: 2 }],
  [1, { rule: 'trimmed-mean', byzantine: 0 }],
  [3, { rule: 'nnm-trimmed-mean', byzantine: 1 }],
  [5, { rule: 'krum', byzantine: 1 }],
  [7, { rule: 'krum', byzantine: 2 }],
  [5, { rule: 'multi-krum', byzantine: 1, selected: 4 }],
  [7, { rule: 'multi-krum', byzantine: 1, selected: 6 }],
])('%i updates are the fewest for %j', (updates, plan) => {
  expect(minimumCohort(plan).updates).toBe(updates)
})
