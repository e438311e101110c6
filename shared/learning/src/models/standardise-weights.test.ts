import { compile, tf, type TensorFlow } from '@consilium/engine'
import { createStream } from '@consilium/random'
import { sizeOf, type NamedArray } from '@consilium/weights'
import { differentiate, numericalGradient, type ScalarFunction } from '../testing/differentiate.ts'
import { relativeError } from '../testing/relative-error.ts'
import { standardiseWeights } from './standardise-weights.ts'

const normal = (name: string, shape: readonly number[]): NamedArray => {
  const stream = createStream(1, name)
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => stream.normal()) }
}

const inputs = { kernel: normal('kernel', [2, 3, 2, 3]), weights: normal('weights', [2, 3, 2, 3]) }

const weightedSum: ScalarFunction = ({ kernel, weights }) =>
  tf.sum(tf.mul(standardiseWeights(kernel as TensorFlow.Tensor4D), weights!))

test('every output filter has mean 0 and variance 1', async () => {
  const executable = await compile(
    ({ kernel }) => ({ standardised: standardiseWeights(kernel as TensorFlow.Tensor4D) }),
    { kernel: [2, 3, 2, 3] },
  )
  const { standardised } = await executable.run({ kernel: inputs.kernel.data })
  for (const filter of [0, 1, 2]) {
    const values = [...standardised!].filter((_, i) => i % 3 === filter)
    expect(values.reduce((a, b) => a + b, 0) / 12).toBeCloseTo(0, 5)
    expect(values.reduce((a, b) => a + b * b, 0) / 12).toBeCloseTo(1, 5)
  }
})

test.each(['onnx', 'reference'] as const)(
  'on %s the gradient is that of finite differences',
  async (runtime) => {
    const { gradients } = await differentiate(weightedSum, inputs, runtime)
    const expected = await numericalGradient(weightedSum, inputs, 'kernel')
    expect(relativeError(gradients['kernel']!, expected)).toBeLessThan(1e-4)
  },
)
