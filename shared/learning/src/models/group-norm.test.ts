import fc from 'fast-check'
import { compile, tf, type Program, type TensorFlow } from '@consilium/engine'
import { createStream } from '@consilium/random'
import { sizeOf, type NamedArray } from '@consilium/weights'
import { differentiate, numericalGradient, type ScalarFunction } from '../testing/differentiate.ts'
import { relativeError } from '../testing/relative-error.ts'
import { GROUP_NORM_EPSILON, groupNorm } from './group-norm.ts'

type Tensor = TensorFlow.Tensor
type Norm = (x: Tensor, gamma: Tensor, beta: Tensor, groups: number) => Tensor

/** The definition (Wu & He 2018, equation 7), left to tfjs's automatic differentiation. */
const definition: Norm = (x, gamma, beta, groups) => {
  const [n, h, w, c] = x.shape as [number, number, number, number]
  const grouped = tf.reshape(x, [n, h, w, groups, c / groups])
  const centred = tf.sub(grouped, tf.mean(grouped, [1, 2, 4], true))
  const variance = tf.mean(tf.square(centred), [1, 2, 4], true)
  const normalised = tf.mul(centred, tf.rsqrt(tf.add(variance, GROUP_NORM_EPSILON)))
  return tf.add(tf.mul(tf.reshape(normalised, [n, h, w, c]), gamma), beta)
}

const program =
  (norm: Norm, groups: number): Program =>
  ({ x, gamma, beta, weights }) => {
    const f = (...args: Tensor[]): Tensor => norm(args[0]!, args[1]!, args[2]!, groups)
    const [dx, dgamma, dbeta] = tf.grads((...args: Tensor[]) =>
      tf.sum(tf.mul(f(...args), weights!)),
    )([x!, gamma!, beta!])
    return { y: f(x!, gamma!, beta!), dx: dx!, dgamma: dgamma!, dbeta: dbeta! }
  }

const values = (size: number) =>
  fc
    .array(fc.integer({ min: -3000, max: 3000 }), { minLength: size, maxLength: size })
    .map((xs) => new Float32Array(xs.map((v) => v / 1000)))

test.each(['onnx', 'reference'] as const)(
  'value and gradients are those of the definition, on the %s runtime',
  async (runtime) => {
    const shape = [2, 3, 4, 8]
    const signature = { x: shape, gamma: [8], beta: [8], weights: shape }
    for (const groups of [1, 4, 8]) {
      const ours = await compile(program(groupNorm as Norm, groups), signature, { runtime })
      const theirs = await compile(program(definition, groups), signature, { runtime: 'reference' })
      await fc.assert(
        fc.asyncProperty(
          values(192),
          values(8),
          values(8),
          values(192),
          async (x, gamma, beta, weights) => {
            const inputs = { x, gamma, beta, weights }
            const [actual, expected] = [await ours.run(inputs), await theirs.run(inputs)]
            for (const [name, data] of Object.entries(expected)) {
              const scale = data.reduce((max, v) => Math.max(max, Math.abs(v)), 1)
              const error = data.reduce(
                (max, v, i) => Math.max(max, Math.abs(v - actual[name]![i]!) / scale),
                0,
              )
              expect({ name, close: error < 1e-4 }).toEqual({ name, close: true })
            }
          },
        ),
        { numRuns: 8, examples: [] },
      )
    }
  },
)

test('a constant image is normalised to beta, not to NaN', async () => {
  const executable = await compile(
    ({ x, gamma, beta }) => ({ y: groupNorm(x as TensorFlow.Tensor4D, gamma!, beta!, 2) }),
    { x: [1, 2, 2, 4], gamma: [4], beta: [4] },
  )
  const { y } = await executable.run({
    x: new Float32Array(16).fill(0.7),
    gamma: new Float32Array(4).fill(1),
    beta: new Float32Array([1, 2, 3, 4]),
  })
  ;[...y!].forEach((value, i) => {
    expect(value).toBeCloseTo((i % 4) + 1, 2)
  })
})

const normal = (name: string, shape: readonly number[]): NamedArray => {
  const stream = createStream(1, name)
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => stream.normal()) }
}

test('the gradients are those of finite differences', async () => {
  const inputs = {
    x: normal('x', [2, 3, 2, 4]),
    gamma: normal('gamma', [4]),
    beta: normal('beta', [4]),
    weights: normal('weights', [2, 3, 2, 4]),
  }
  const weightedSum: ScalarFunction = ({ x, gamma, beta, weights }) =>
    tf.sum(tf.mul(groupNorm(x as TensorFlow.Tensor4D, gamma!, beta!, 2), weights!))
  const { gradients } = await differentiate(weightedSum, inputs)
  for (const name of ['x', 'gamma', 'beta']) {
    const expected = await numericalGradient(weightedSum, inputs, name)
    expect(relativeError(gradients[name]!, expected)).toBeLessThan(1e-4)
  }
})
