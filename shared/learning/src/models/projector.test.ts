import { compile, tf, type Program, type TensorFlow } from '@consilium/engine'
import { createStream } from '@consilium/random'
import type { NamedArray } from '@consilium/weights'
import { differentiate, numericalGradient, type ScalarFunction } from '../testing/differentiate.ts'
import { relativeError } from '../testing/relative-error.ts'
import { projector } from './projector.ts'

const normal = (name: string, shape: readonly number[]): NamedArray => {
  const stream = createStream(1, name)
  return {
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.normal()),
  }
}

const parameters = new Map([
  ['projector/hidden/kernel', normal('a', [4, 8])],
  ['projector/hidden/bias', normal('b', [8])],
  ['projector/output/kernel', normal('c', [8, 3])],
])

async function embed(
  features: Float32Array,
  runtime: 'onnx' | 'reference' = 'onnx',
): Promise<Float32Array> {
  const program: Program = (inputs) => ({
    z: projector(inputs['features'] as TensorFlow.Tensor2D, inputs),
  })
  const executable = await compile(
    program,
    { features: [features.length / 4, 4] },
    { state: parameters, runtime },
  )
  return (await executable.run({ features })).z!
}

const features = normal('features', [6, 4]).data

test('every dimension of the embeddings has mean 0 and variance 1 over the batch', async () => {
  const z = await embed(features)
  for (const d of [0, 1, 2]) {
    const column = [0, 1, 2, 3, 4, 5].map((row) => z[row * 3 + d]!)
    const mean = column.reduce((a, b) => a + b, 0) / 6
    expect(mean).toBeCloseTo(0, 5)
    expect(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 6).toBeCloseTo(1, 3)
  }
})

test('what all features have in common does not reach the embeddings', async () => {
  const shifted = features.map((x, i) => x + [100, -50, 20, 7][i % 4]!)
  const [a, b] = [await embed(features), await embed(shifted)]
  a.forEach((x, i) => {
    expect(b[i]).toBeCloseTo(x, 3)
  })
})

test('onnx and reference agree', async () => {
  const [a, b] = [await embed(features), await embed(features, 'reference')]
  a.forEach((x, i) => {
    expect(b[i]).toBeCloseTo(x, 4)
  })
})

test('the gradients are those of finite differences', async () => {
  const inputs = {
    ...Object.fromEntries(parameters),
    // Features for which no ReLU changes sides within reach of the differences.
    features: normal('smooth', [6, 4]),
    weights: normal('weights', [6, 3]),
  }
  const weightedSum: ScalarFunction = (tensors) =>
    tf.sum(
      tf.mul(projector(tensors['features'] as TensorFlow.Tensor2D, tensors), tensors['weights']!),
    )
  const { gradients } = await differentiate(weightedSum, inputs)
  for (const name of ['features', ...parameters.keys()]) {
    const expected = await numericalGradient(weightedSum, inputs, name)
    expect(relativeError(gradients[name]!, expected)).toBeLessThan(1e-4)
  }
})
