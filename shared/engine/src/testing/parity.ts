/** Every runtime of this machine against the reference runtime, on random shapes and values, gradients included. */
import fc from 'fast-check'
import { tf, type Program, type TensorFlow } from '../index.ts'
import { comparedRuntimes } from './on-tensorflow.ts'
import { relativeError, runOn, type TestInput } from './run-on.ts'

export const RUNS = 12

// The same shapes and values in every run.
fc.configureGlobal({ seed: 1 })

const values = (size: number): fc.Arbitrary<Float32Array> =>
  fc
    .array(fc.integer({ min: -2000, max: 2000 }), { minLength: size, maxLength: size })
    .map((xs) => new Float32Array(xs.map((x) => x / 1000)))

export const input = (shape: readonly number[]): fc.Arbitrary<TestInput> =>
  values(shape.reduce((a, b) => a * b, 1)).map((data) => ({ shape, data }))

export const shape4 = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 2, max: 6 }),
  fc.integer({ min: 2, max: 6 }),
  fc.integer({ min: 1, max: 4 }),
)

/** A tensor that has the asked shape once it is transposed by `perm`, stored with its axes in another order. */
interface Arranged {
  readonly x: TestInput
  readonly perm: number[]
}

export const arranged = (shape: readonly number[]): fc.Arbitrary<Arranged> =>
  fc
    .shuffledSubarray([0, 1, 2, 3], { minLength: 4 })
    .chain((perm) =>
      input(shape.map((_, axis) => shape[perm.indexOf(axis)]!)).map((x) => ({ x, perm })),
    )

export async function expectParity(
  program: Program,
  inputs: Readonly<Record<string, TestInput>>,
  tolerance = 1e-5,
): Promise<void> {
  const expected = await runOn('reference', program, inputs)
  for (const runtime of comparedRuntimes) {
    const actual = await runOn(runtime, program, inputs)
    for (const [name, data] of Object.entries(expected)) {
      const close = relativeError(actual[name]!, data) < tolerance
      expect({ runtime, name, close }).toEqual({ runtime, name, close: true })
    }
  }
}

/** The program's output and the gradient of its sum of squares with respect to every input. */
export const withGradients =
  (f: (...xs: TensorFlow.Tensor[]) => TensorFlow.Tensor): Program =>
  (inputs) => {
    const names = Object.keys(inputs)
    const xs = names.map((name) => inputs[name]!)
    const grads = tf.grads((...args: TensorFlow.Tensor[]) => tf.sum(tf.square(f(...args))))(xs)
    return { y: f(...xs), ...Object.fromEntries(names.map((name, i) => [`d${name}`, grads[i]!])) }
  }

export const broadcastPair = fc
  .tuple(
    shape4,
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.integer({ min: 0, max: 3 }),
  )
  .chain(([shape, ones, dropped]) => {
    const other = shape.map((size, i) => (ones[i] === true ? 1 : size)).slice(dropped)
    return fc.tuple(input(shape), input(other))
  })
