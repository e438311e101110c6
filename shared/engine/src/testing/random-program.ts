/** Random programs: operations drawn one after the other, each over what was computed before. */
import fc from 'fast-check'
import type { Program, Signature } from '../program.ts'
import { tf, type TensorFlow } from '../tf.ts'
import type { TestInput } from './run-on.ts'

type Tensor = TensorFlow.Tensor

export const signature: Signature = {
  image: [2, 2, 2, 3],
  scale: [2, 1, 1, 3],
  matrix: [2, 3],
  x: [],
}

const LARGEST = 200

/** b, or a number made of it where its shape does not go with a's. */
function besides(a: Tensor, b: Tensor): Tensor {
  const fits = b.shape.every((size, i) => [1, a.shape[a.rank - b.rank + i]].includes(size))
  return b.rank <= a.rank && fits ? b : tf.mean(b)
}

const matrixOf = (x: Tensor): Tensor => tf.tanh(tf.reshape(x, [-1, x.shape.at(-1)!]))

/** All keep magnitudes small and values finite; `a` has at least one axis. */
const operations: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  (a, b) => tf.add(a, besides(a, b)),
  (a, b) => tf.sub(besides(a, b), a),
  (a, b) => tf.mul(a, tf.tanh(besides(a, b))),
  (a, b) => tf.mul(tf.sigmoid(besides(a, b)), a),
  (a, b) => tf.maximum(a, besides(a, b)),
  (a, b) => tf.div(a, tf.add(tf.abs(besides(a, b)), 1)),
  (a) => tf.neg(a),
  (a) => tf.relu(a),
  (a) => tf.square(tf.tanh(a)),
  (a) => tf.sum(tf.square(tf.tanh(a))),
  (a) => tf.mul(a, 1),
  (a) => tf.add(tf.zerosLike(a), a),
  (a) => tf.div(tf.sub(a, 0), 1),
  (a) => tf.mul(tf.mean(a, -1, true), tf.ones(a.shape)),
  (a) => tf.div(tf.mul(tf.mean(a), tf.ones(a.shape)), 3),
  (a) => tf.sum(a, 0, true),
  (a) => tf.max(a),
  (a) => tf.transpose(a),
  (a) =>
    tf.transpose(
      a,
      a.shape.map((_, i) => (i + 1) % a.rank),
    ),
  (a) => tf.sub(0, a),
  (a) => tf.reshape(a, [-1]),
  (a) => (a.rank < 4 ? tf.expandDims(a, 0) : tf.reshape(a, [a.shape[0], -1])),
  (a) =>
    tf.clone(
      tf.slice(
        a,
        a.shape.map(() => 0),
        a.shape,
      ),
    ),
  (a) =>
    a.size * 2 <= LARGEST
      ? tf.tile(
          a,
          a.shape.map((_, i) => (i === 0 ? 2 : 1)),
        )
      : a,
  (a) => tf.matMul(matrixOf(a), matrixOf(a), false, true),
  (a) => tf.matMul(tf.transpose(matrixOf(a)), matrixOf(a)),
  (a) => tf.grad((x) => tf.relu(x))(a, tf.add(a, 1)),
  (a) => tf.grad((x) => tf.mean(tf.mul(x, tf.sigmoid(x))))(a),
  (a) => tf.add(tf.mul(tf.fill(a.shape, 2), tf.scalar(0.25)), a),
  (a) => tf.sub(a, tf.cast(tf.greater(tf.tensor1d([2]), 1), 'float32')),
  (a) => tf.where(tf.greater(a, 0), a, tf.mul(a, 0.5)),
]

type Instruction = readonly [operation: number, a: number, b: number]

export const randomInstructions: fc.Arbitrary<Instruction[]> = fc.array(
  fc.tuple(fc.nat({ max: operations.length - 1 }), fc.nat({ max: 30 }), fc.nat({ max: 30 })),
  { minLength: 1, maxLength: 12 },
)

/** A program over `signature`; its outputs are the last values it computes. */
export const programOf =
  (instructions: readonly Instruction[]): Program =>
  (inputs) => {
    const values = Object.values(inputs)
    const pick = (back: number): Tensor => values[values.length - 1 - (back % values.length)]!
    for (const [operation, a, b] of instructions) {
      const first = pick(a)
      const value = operations[operation]!(first.rank === 0 ? tf.expandDims(first) : first, pick(b))
      if (value.size <= LARGEST) values.push(value)
    }
    return Object.fromEntries(values.slice(-4).map((value, i) => [`y${i}`, value]))
  }

const tensor = (shape: readonly number[]): fc.Arbitrary<TestInput> => {
  const length = shape.reduce((size, d) => size * d, 1)
  return fc
    .array(fc.integer({ min: -8, max: 8 }), { minLength: length, maxLength: length })
    .map((values) => ({ shape, data: Float32Array.from(values, (value) => value / 4) }))
}

export const randomInputs: fc.Arbitrary<Record<string, TestInput>> = fc.record(
  Object.fromEntries(Object.entries(signature).map(([name, shape]) => [name, tensor(shape)])),
)
