/** The parts a plan's aggregation is made of: a new rule is one more case here. */
import type { AggregationPlan, OptimiserPlan } from '@consilium/study'
import { centredClipping } from './rules/centred-clipping.ts'
import { coordinateMedian } from './rules/coordinate-median.ts'
import { fedNova } from './rules/fednova.ts'
import { geometricMedian } from './rules/geometric-median.ts'
import { multiKrum } from './rules/multi-krum.ts'
import { nnmTrimmedMean } from './rules/nnm-trimmed-mean.ts'
import type { Rule } from './rules/rule.ts'
import { trimmedMean } from './rules/trimmed-mean.ts'
import { weightedAverage } from './rules/weighted-average.ts'
import { adagrad, adam, adaptive, yogi } from './server/adaptive.ts'
import { withControl } from './server/control-variate.ts'
import { plain } from './server/learning-rate.ts'
import { serverMomentum } from './server/momentum.ts'
import type { ServerOptimiser } from './server/server-optimiser.ts'

export interface Aggregator {
  readonly rule: Rule
  readonly server: ServerOptimiser
}

/** `optimiser`: the sites' own. */
// eslint-disable-next-line complexity -- one case a rule
export function aggregatorOf(plan: AggregationPlan, optimiser: OptimiserPlan): Aggregator {
  switch (plan.rule) {
    case 'fedavg':
      return { rule: weightedAverage(plan.weighting), server: plain }
    case 'fedavgm':
      return { rule: weightedAverage(plan.weighting), server: serverMomentum(plan) }
    case 'fedadam':
      return { rule: weightedAverage(plan.weighting), server: adaptive(plan, adam(plan.beta2)) }
    case 'fedyogi':
      return { rule: weightedAverage(plan.weighting), server: adaptive(plan, yogi(plan.beta2)) }
    case 'fedadagrad':
      return { rule: weightedAverage(plan.weighting), server: adaptive(plan, adagrad) }
    case 'fednova':
      return { rule: fedNova(plan.weighting, optimiser), server: plain }
    case 'scaffold':
      return { rule: weightedAverage('uniform'), server: withControl(plan.serverLearningRate) }
    case 'coordinate-median':
      return { rule: coordinateMedian, server: plain }
    case 'trimmed-mean':
      return { rule: trimmedMean(plan.byzantine), server: plain }
    case 'krum':
      return { rule: multiKrum({ f: plan.byzantine, selected: 1 }), server: plain }
    case 'multi-krum':
      return { rule: multiKrum({ f: plan.byzantine, selected: plan.selected }), server: plain }
    case 'geometric-median':
      return { rule: geometricMedian(plan), server: plain }
    case 'centred-clipping':
      return { rule: centredClipping(plan), server: plain }
    case 'nnm-trimmed-mean':
      return { rule: nnmTrimmedMean(plan.byzantine), server: plain }
  }
}
