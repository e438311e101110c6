/** One optimiser step over all weights: loss, gradients, new weights and buffers, as one program. */
import { tf, type Program, type TensorFlow, type Tensors } from '@consilium/engine'
import type { OptimiserPlan } from '@consilium/study'
import type { NamedArrays } from '@consilium/weights'
import { applyOptimiser } from '../optimisers/optimiser.ts'
import type { Parameters } from '../models/backbone.ts'
import { momentumName } from './step-state.ts'

export type Loss = (parameters: Parameters, inputs: Tensors) => TensorFlow.Scalar

/** Inputs: those of `loss`, `learningRate` (a scalar), the weights and their momentum. Outputs: `loss` and the new state. */
export function trainStep(weights: NamedArrays, loss: Loss, optimiser: OptimiserPlan): Program {
  const names = [...weights.keys()]
  return (inputs) => {
    const forward = (...values: TensorFlow.Tensor[]): TensorFlow.Scalar =>
      loss(Object.fromEntries(names.map((name, i) => [name, values[i]!])), inputs)
    const { value, grads } = tf.valueAndGrads(forward)(names.map((name) => inputs[name]!))
    const state: Record<string, TensorFlow.Tensor> = { loss: value }
    names.forEach((name, i) => {
      const { weight, momentum } = applyOptimiser(optimiser, {
        weight: inputs[name]!,
        gradient: grads[i]!,
        momentum: inputs[momentumName(name)]!,
        learningRate: inputs['learningRate']!,
      })
      state[name] = weight
      state[momentumName(name)] = momentum
    })
    return state
  }
}
