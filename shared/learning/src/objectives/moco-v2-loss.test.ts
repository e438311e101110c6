import type { TensorFlow } from '@consilium/engine'
import {
  differentiate,
  matrix,
  numericalGradient,
  type ScalarFunction,
} from '../testing/differentiate.ts'
import { relativeError } from '../testing/relative-error.ts'
import { mocoV2Loss } from './moco-v2-loss.ts'

type Tensor2D = TensorFlow.Tensor2D

const inputs = {
  queries: matrix([
    [1, 0, 0],
    [0, 2, 0],
  ]),
  keys: matrix([
    [0.8, 0.6, 0],
    [0, 0.6, 0.8],
  ]),
  queue: matrix([
    [0, 0, 1],
    [0.6, 0, 0.8],
  ]),
}

const loss =
  (temperature?: number): ScalarFunction =>
  ({ queries, keys, queue }) =>
    mocoV2Loss(
      { queries: queries as Tensor2D, keys: keys as Tensor2D, queue: queue as Tensor2D },
      temperature === undefined ? {} : { temperature },
    )

// The definition of facebookresearch/moco@4397a04 (moco/builder.py) in float64.
test.each([
  ['onnx', undefined, 0.2107428],
  ['reference', undefined, 0.2107428],
  ['onnx', 0.07, 0.02811651],
  ['reference', 0.07, 0.02811651],
] as const)('on %s, at temperature %s, it is %d', async (runtime, temperature, expected) => {
  const { value } = await differentiate(loss(temperature), inputs, runtime)
  expect(value).toBeCloseTo(expected, 6)
})

test('the gradient of the queries is that of finite differences; keys and queue have none', async () => {
  const { gradients } = await differentiate(loss(), inputs)
  const expected = await numericalGradient(loss(), inputs, 'queries')
  expect(relativeError(gradients['queries']!, expected)).toBeLessThan(1e-4)
  expect([...gradients['keys']!, ...gradients['queue']!].every((x) => x === 0)).toBe(true)
})

test('neither huge embeddings nor a low temperature overflow', async () => {
  const huge = {
    ...inputs,
    queries: { ...inputs.queries, data: inputs.queries.data.map((x) => x * 1e15) },
  }
  const { value, gradients } = await differentiate(loss(0.03), huge)
  expect(Number.isFinite(value)).toBe(true)
  expect(gradients['queries']!.every(Number.isFinite)).toBe(true)
})
