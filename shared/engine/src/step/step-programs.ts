/** The programs a sharded step is compiled from. Together they compute what `wholeStep` computes. */
import { tf, type TensorFlow } from '../tf.ts'
import type { Program, Tensors } from '../program.ts'
import type { TrainingStep } from './training-step.ts'
import { LOSS, SAMPLES, updated } from './whole-step.ts'

export const FEATURES = 'step:features'
/** The gradient of the loss with respect to the features. */
export const COTANGENT = 'step:cotangent'

export const preparedName = (weight: string): string => `prepared/${weight}`
/** The gradient with respect to a prepared weight; `part` counts the shards that contribute one. */
export const gradientName = (weight: string, part = 0): string => `gradient${part}/${weight}`

const pick = (names: readonly string[], inputs: Tensors): Tensors =>
  Object.fromEntries(names.map((name) => [name, inputs[preparedName(name)]!]))

/** Prepared weights and SAMPLES [n, ...] -> FEATURES [n, D] */
export const encodeProgram =
  ({ encode }: TrainingStep, weights: readonly string[]): Program =>
  (inputs) => ({ [FEATURES]: encode(pick(weights, inputs), inputs[SAMPLES]!) })

/** As `encodeProgram`, with COTANGENT [n, D] -> also the gradients of the prepared weights. */
export const encodeGradientProgram =
  ({ encode }: TrainingStep, weights: readonly string[]): Program =>
  (inputs) => {
    const forward = (...values: TensorFlow.Tensor[]): TensorFlow.Tensor =>
      encode(Object.fromEntries(weights.map((name, i) => [name, values[i]!])), inputs[SAMPLES]!)
    const { value, grads } = tf.valueAndGrads(forward)(
      weights.map((name) => inputs[preparedName(name)]!),
      inputs[COTANGENT],
    )
    return { [FEATURES]: value, ...gradientsByName(weights, grads) }
  }

/** Prepared weights of the loss, FEATURES [N, D] and the inputs -> LOSS, COTANGENT [N, D] and gradients. */
export const lossProgram =
  ({ loss }: TrainingStep, weights: readonly string[]): Program =>
  (inputs) => {
    const forward = (
      features: TensorFlow.Tensor,
      ...values: TensorFlow.Tensor[]
    ): TensorFlow.Scalar =>
      loss(
        Object.fromEntries(weights.map((name, i) => [name, values[i]!])),
        features as TensorFlow.Tensor2D,
        inputs,
      )
    const { value, grads } = tf.valueAndGrads(forward)([
      inputs[FEATURES]!,
      ...weights.map((name) => inputs[preparedName(name)]!),
    ])
    const [cotangent, ...gradients] = grads
    return { [LOSS]: value, [COTANGENT]: cotangent!, ...gradientsByName(weights, gradients) }
  }

/** Weights -> prepared weights */
export const prepareProgram =
  ({ prepare }: TrainingStep, weights: readonly string[]): Program =>
  (inputs) =>
    Object.fromEntries(weights.map((name) => [preparedName(name), prepare(inputs[name]!)]))

/** Weights, buffers, the gradients of their prepared forms in `parts(name)` parts -> new ones, prepared again. */
export const updateProgram =
  (step: TrainingStep, weights: readonly string[], parts: (weight: string) => number): Program =>
  (inputs) =>
    Object.assign(
      {},
      ...weights.map((name) => updateTensor(step, name, parts(name), inputs)),
    ) as Tensors

function updateTensor(step: TrainingStep, name: string, parts: number, inputs: Tensors): Tensors {
  const gradients = Array.from({ length: parts }, (_, part) => inputs[gradientName(name, part)]!)
  const gradient = throughPreparation(
    step,
    inputs[name]!,
    gradients.reduce((a, b) => tf.add(a, b)),
  )
  const next = updated(step, name, gradient, inputs)
  return { ...next, [preparedName(name)]: step.prepare(next[name]!) }
}

/** tfjs has no gradient for a function that returns its argument. */
const throughPreparation = (
  { prepare }: TrainingStep,
  weight: TensorFlow.Tensor,
  gradient: TensorFlow.Tensor,
): TensorFlow.Tensor => (prepare(weight) === weight ? gradient : tf.grad(prepare)(weight, gradient))

const gradientsByName = (
  weights: readonly string[],
  gradients: readonly TensorFlow.Tensor[],
): Tensors => Object.fromEntries(weights.map((name, i) => [gradientName(name), gradients[i]!]))
