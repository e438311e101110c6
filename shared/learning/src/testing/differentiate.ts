/** A function of tensors with its gradients, compiled, and the same gradients by finite differences. */
import { compile, tf, type Executable, type RuntimeName, type Tensors } from '@consilium/engine'
import type { TensorFlow } from '@consilium/engine'
import type { NamedArray } from '@consilium/weights'

export type ScalarFunction = (inputs: Tensors) => TensorFlow.Scalar

type Inputs = Readonly<Record<string, NamedArray>>

interface Differentiated {
  readonly value: number
  /** By the name of the input. */
  readonly gradients: Readonly<Record<string, Float32Array>>
}

/** Rows of numbers as a matrix. */
export const matrix = (rows: readonly (readonly number[])[]): NamedArray => ({
  shape: [rows.length, rows[0]!.length],
  data: new Float32Array(rows.flat()),
})

/** The value of `f` and its gradient with respect to every input. */
export async function differentiate(
  f: ScalarFunction,
  inputs: Inputs,
  runtime: RuntimeName = 'onnx',
): Promise<Differentiated> {
  const names = Object.keys(inputs)
  const byName = (values: readonly TensorFlow.Tensor[]): Tensors =>
    Object.fromEntries(names.map((name, i) => [name, values[i]!]))
  const executable = await compile(
    (tensors) => {
      const { value, grads } = tf.valueAndGrads((...values: TensorFlow.Tensor[]) =>
        f(byName(values)),
      )(names.map((name) => tensors[name]!))
      return { 'the value': value, ...byName(grads) }
    },
    shapesOf(inputs),
    { runtime },
  )
  const { 'the value': value, ...gradients } = await executable.run(dataOf(inputs))
  await executable.dispose()
  return { value: value![0]!, gradients }
}

/** Half the distance between the outer two of the four points. Float32 allows none much smaller. */
const STEP = 0.02

/** The gradient with respect to one input, by central differences of fourth order. */
export async function numericalGradient(
  f: ScalarFunction,
  inputs: Inputs,
  name: string,
): Promise<Float32Array> {
  const executable = await compile((tensors) => ({ value: f(tensors) }), shapesOf(inputs))
  const gradient = new Float32Array(inputs[name]!.data.length)
  for (let i = 0; i < gradient.length; i += 1) {
    const at = async (offset: number): Promise<number> => {
      const data = inputs[name]!.data.slice()
      data[i] = data[i]! + offset
      return run(executable, { ...dataOf(inputs), [name]: data })
    }
    const near = (await at(STEP / 2)) - (await at(-STEP / 2))
    const far = (await at(STEP)) - (await at(-STEP))
    gradient[i] = (8 * near - far) / (6 * STEP)
  }
  await executable.dispose()
  return gradient
}

async function run(
  executable: Executable,
  inputs: Readonly<Record<string, Float32Array>>,
): Promise<number> {
  const { value } = await executable.run(inputs)
  return value![0]!
}

const shapesOf = (inputs: Inputs): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]))

const dataOf = (inputs: Inputs): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data]))
