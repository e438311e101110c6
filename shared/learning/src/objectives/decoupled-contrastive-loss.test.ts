import type { TensorFlow } from '@consilium/engine'
import {
  differentiate,
  matrix,
  numericalGradient,
  type ScalarFunction,
} from '../testing/differentiate.ts'
import { relativeError } from '../testing/relative-error.ts'
import { decoupledContrastiveLoss } from './decoupled-contrastive-loss.ts'

// Two views each of two images.
const inputs = {
  h: matrix([
    [1, 0, 0],
    [0, 2, 0],
    [0.8, 0.6, 0],
    [0, 0.6, 0.8],
  ]),
}

const loss =
  (temperature?: number): ScalarFunction =>
  ({ h }) =>
    decoupledContrastiveLoss(
      h as TensorFlow.Tensor2D,
      temperature === undefined ? {} : { temperature },
    )

// Equation 6 of Yeh et al. 2022 in float64.
test.each([
  ['onnx', undefined, -2.89764597],
  ['reference', undefined, -2.89764597],
  ['onnx', 0.5, -0.16132536],
  ['reference', 0.5, -0.16132536],
] as const)('on %s, at temperature %s, it is %d', async (runtime, temperature, expected) => {
  const { value } = await differentiate(loss(temperature), inputs, runtime)
  expect(value).toBeCloseTo(expected, 5)
})

test('the gradient is that of finite differences', async () => {
  const { gradients } = await differentiate(loss(0.5), inputs)
  const expected = await numericalGradient(loss(0.5), inputs, 'h')
  expect(relativeError(gradients['h']!, expected)).toBeLessThan(1e-4)
})

test('the pull on a positive pair does not fade as it gets close, unlike that of NT-Xent', async () => {
  // The partner of row 0 is turned by a small angle; the others stand far off.
  const close = (angle: number) => ({
    h: matrix([
      [1, 0, 0],
      [0, 1, 0],
      [Math.cos(angle), 0, Math.sin(angle)],
      [0, 0.6, -0.8],
    ]),
  })
  const pull = async (angle: number): Promise<number> =>
    (await differentiate(loss(), close(angle))).gradients['h']![2]! / Math.sin(angle)
  expect((await pull(0.01)) / (await pull(0.1))).toBeGreaterThan(0.9)
})

test('neither huge embeddings nor a low temperature overflow', async () => {
  const huge = { h: { ...inputs.h, data: inputs.h.data.map((x) => x * 1e15) } }
  const { value, gradients } = await differentiate(loss(0.03), huge)
  expect(Number.isFinite(value)).toBe(true)
  expect(gradients['h']!.every(Number.isFinite)).toBe(true)
})
