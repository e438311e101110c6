/** A training step as one program, for runtimes that run it eagerly and for comparison with the shards. */
import { tf, type TensorFlow } from '../tf.ts'
import type { Program, Tensors } from '../program.ts'
import { bufferName, type TrainingStep } from './training-step.ts'

export const SAMPLES = 'step:samples'
export const LOSS = 'loss'

/** Inputs: SAMPLES, those of the step, weights and buffers. Outputs: the loss, the new weights and buffers. */
export function wholeStep(step: TrainingStep, weights: readonly string[]): Program {
  return (inputs) => {
    const loss = (...values: TensorFlow.Tensor[]): TensorFlow.Scalar => {
      const prepared = prepareAll(step, weights, values)
      return step.loss(prepared, step.encode(prepared, inputs[SAMPLES]!), inputs)
    }
    const { value, grads } = tf.valueAndGrads(loss)(weights.map((name) => inputs[name]!))
    const updates = weights.map((name, i) => updated(step, name, grads[i]!, inputs))
    return Object.assign({ [LOSS]: value }, ...updates) as Tensors
  }
}

function prepareAll(
  step: TrainingStep,
  names: readonly string[],
  values: readonly TensorFlow.Tensor[],
): Tensors {
  return Object.fromEntries(names.map((name, i) => [name, step.prepare(values[i]!)]))
}

/** The new weight and buffers of one tensor, by their names in the state. */
export function updated(
  { buffers: bufferNames, update }: TrainingStep,
  name: string,
  gradient: TensorFlow.Tensor,
  inputs: Tensors,
): Tensors {
  const buffers = Object.fromEntries(
    bufferNames.map((buffer) => [buffer, inputs[bufferName(buffer, name)]!]),
  )
  const next = update({ name, weight: inputs[name]!, gradient, buffers, inputs })
  return {
    [name]: next.weight,
    ...Object.fromEntries(
      bufferNames.map((buffer) => [bufferName(buffer, name), next.buffers[buffer]!]),
    ),
  }
}
