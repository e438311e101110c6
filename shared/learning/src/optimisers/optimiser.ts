/** An optimiser as a pure function of one tensor, written once and compiled into the training step. */
import type { OptimiserPlan } from '@consilium/study'
import { adamw } from './adamw.ts'
import { larc, lars, larsPytorch } from './lars.ts'
import type { OptimiserStep, OptimiserUpdate } from './optimiser-step.ts'
import { sgd, sgdNesterov } from './sgd.ts'

/** The names of the buffers an optimiser keeps for every weight; each has the weight's shape and begins at zero. */
export const buffersOf = ({ name }: OptimiserPlan): readonly string[] =>
  name === 'adamw' ? ['mean', 'variance'] : ['momentum']

/** One tensor's new weight and buffers. It depends on nothing of the other tensors. */
export function applyOptimiser(plan: OptimiserPlan, step: OptimiserStep): OptimiserUpdate {
  switch (plan.name) {
    case 'sgd':
      return sgd(plan, step)
    case 'sgd-nesterov':
      return sgdNesterov(plan, step)
    case 'lars':
      return lars(plan, step)
    case 'lars-pytorch':
      return larsPytorch(plan, step)
    case 'larc':
      return larc(plan, step)
    case 'adamw':
      return adamw(plan, step)
    default:
      return plan satisfies never
  }
}
