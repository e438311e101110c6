import type { TensorFlow } from '@consilium/engine'
import {
  differentiate,
  matrix,
  numericalGradient,
  type ScalarFunction,
} from '../testing/differentiate.ts'
import { relativeError } from '../testing/relative-error.ts'
import { mocoV3Loss } from './moco-v3-loss.ts'

type Tensor2D = TensorFlow.Tensor2D

const inputs = {
  p1: matrix([
    [1, 0, 0],
    [0, 2, 0],
  ]),
  p2: matrix([
    [0.8, 0.6, 0],
    [0, 0.6, 0.8],
  ]),
  k1: matrix([
    [1, 1, 0],
    [0, 1, 0],
  ]),
  k2: matrix([
    [1, 0, 0],
    [0, 1, 1],
  ]),
}

const loss =
  (temperature?: number): ScalarFunction =>
  ({ p1, p2, k1, k2 }) =>
    mocoV3Loss(
      [p1 as Tensor2D, p2 as Tensor2D],
      [k1 as Tensor2D, k2 as Tensor2D],
      temperature === undefined ? {} : { temperature },
    )

// The definition of facebookresearch/moco-v3@0c5d00a (moco/builder.py) in float64.
test.each([
  ['onnx', undefined, 1.84029065],
  ['reference', undefined, 1.84029065],
  ['onnx', 0.2, 0.10317157],
  ['reference', 0.2, 0.10317157],
] as const)('on %s, at temperature %s, it is %d', async (runtime, temperature, expected) => {
  const { value } = await differentiate(loss(temperature), inputs, runtime)
  expect(value).toBeCloseTo(expected, 6)
})

test('the gradients of the predictions are those of finite differences; the keys have none', async () => {
  const { gradients } = await differentiate(loss(0.2), inputs)
  for (const name of ['p1', 'p2']) {
    const expected = await numericalGradient(loss(0.2), inputs, name)
    expect(relativeError(gradients[name]!, expected)).toBeLessThan(1e-4)
  }
  expect([...gradients['k1']!, ...gradients['k2']!].every((x) => x === 0)).toBe(true)
})

test('exchanging the two views changes nothing', async () => {
  const exchanged = { p1: inputs.p2, p2: inputs.p1, k1: inputs.k2, k2: inputs.k1 }
  const [a, b] = [await differentiate(loss(), inputs), await differentiate(loss(), exchanged)]
  expect(b.value).toBeCloseTo(a.value, 6)
  expect(relativeError(b.gradients['p2']!, a.gradients['p1']!)).toBeLessThan(1e-6)
})

test('a batch of one image has loss 0: its key is the only candidate', async () => {
  const one = matrix([[1, 2, 3]])
  const other = matrix([[3, 2, 1]])
  const { value } = await differentiate(loss(), { p1: one, p2: other, k1: other, k2: one })
  expect(value).toBeCloseTo(0, 6)
})
