/** A training step as one program over a loss that is not cut in pieces. */
import { tf, type Program, type TensorFlow, type Tensors } from '@consilium/engine'
import type { OptimiserPlan } from '@consilium/study'
import { sizeOf, type NamedArray, type NamedArrays } from '@consilium/weights'
import type { Parameters } from '../models/backbone.ts'
import { applyOptimiser, buffersOf } from '../optimisers/optimiser.ts'

export type Loss = (parameters: Parameters, inputs: Tensors) => TensorFlow.Scalar

const bufferName = (buffer: string, weight: string): string => `${buffer}/${weight}`

/** Weights with the optimiser's buffers at zero. */
export function withBuffers(weights: NamedArrays, optimiser: OptimiserPlan): NamedArrays {
  const buffers = buffersOf(optimiser).flatMap((buffer) =>
    [...weights].map(([name, { shape }]): [string, NamedArray] => [
      bufferName(buffer, name),
      { shape, data: new Float32Array(sizeOf(shape)) },
    ]),
  )
  return new Map([...weights, ...buffers])
}

/**
 * Inputs: those of `loss`, the scalars `learningRate` and `step` (from 1, counted since the buffers were zero), the weights
 * and their buffers. Outputs: `loss` and the new state.
 */
export function trainProgram(weights: NamedArrays, loss: Loss, optimiser: OptimiserPlan): Program {
  const names = [...weights.keys()]
  const bufferNames = buffersOf(optimiser)
  return (inputs) => {
    const forward = (...values: TensorFlow.Tensor[]): TensorFlow.Scalar =>
      loss(Object.fromEntries(names.map((name, i) => [name, values[i]!])), inputs)
    const { value, grads } = tf.valueAndGrads(forward)(names.map((name) => inputs[name]!))
    const state: Record<string, TensorFlow.Tensor> = { loss: value }
    names.forEach((name, i) => {
      const { weight, buffers } = applyOptimiser(optimiser, {
        weight: inputs[name]!,
        gradient: grads[i]!,
        buffers: Object.fromEntries(
          bufferNames.map((buffer) => [buffer, inputs[bufferName(buffer, name)]!]),
        ),
        learningRate: inputs['learningRate']!,
        step: inputs['step']!,
      })
      state[name] = weight
      for (const buffer of bufferNames) state[bufferName(buffer, name)] = buffers[buffer]!
    })
    return state
  }
}
