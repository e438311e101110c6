import type { TensorFlow } from '@consilium/engine'
import {
  differentiate,
  matrix,
  numericalGradient,
  type ScalarFunction,
} from '../testing/differentiate.ts'
import { relativeError } from '../testing/relative-error.ts'
import { vicregLoss } from './vicreg-loss.ts'

type Tensor2D = TensorFlow.Tensor2D

const inputs = {
  first: matrix([
    [1, 2],
    [3, 0],
    [0, 1],
  ]),
  second: matrix([
    [1, 1],
    [2, 0],
    [0, 2],
  ]),
}

const times = (factor: number) => ({
  first: { shape: [3, 2], data: inputs.first.data.map((x) => x * factor) },
  second: { shape: [3, 2], data: inputs.second.data.map((x) => x * factor) },
})

const halves = times(0.5)

const loss =
  (options: Parameters<typeof vicregLoss>[1] = {}): ScalarFunction =>
  ({ first, second }) =>
    vicregLoss([first as Tensor2D, second as Tensor2D], options)

// The definition of facebookresearch/vicreg@08c8c0c (main_vicreg.py) in float64. No dimension of `inputs` is too narrow.
test.each(['onnx', 'reference'] as const)('on %s it is the published loss', async (runtime) => {
  expect((await differentiate(loss(), inputs, runtime)).value).toBeCloseTo(14.5, 5)
  expect((await differentiate(loss(), halves, runtime)).value).toBeCloseTo(14.0991997, 5)
})

test.each([
  ['invariance', { invariance: 1, variance: 0, covariance: 0 }, 0.125],
  ['variance', { invariance: 0, variance: 1, covariance: 0 }, (0.36803597 + 0.49990001) / 2],
  ['covariance', { invariance: 0, variance: 0, covariance: 1 }, 0.125],
] as const)('its %s alone is the published term', async (_, options, expected) => {
  const { value } = await differentiate(loss(options), halves)
  expect(value).toBeCloseTo(expected, 6)
})

test.each([
  ['wide', times(2)],
  ['narrow', halves],
])('the gradients of %s embeddings are those of finite differences', async (_, embeddings) => {
  const { gradients } = await differentiate(loss(), embeddings)
  for (const name of ['first', 'second']) {
    const expected = await numericalGradient(loss(), embeddings, name)
    expect(relativeError(gradients[name]!, expected)).toBeLessThan(1e-4)
  }
})

test('exchanging the two views changes nothing', async () => {
  const exchanged = { first: halves.second, second: halves.first }
  const [a, b] = [await differentiate(loss(), halves), await differentiate(loss(), exchanged)]
  expect(b.value).toBeCloseTo(a.value, 5)
})

test('embeddings that are the same for every image cost the whole variance term', async () => {
  const same = matrix([
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  const { value, gradients } = await differentiate(loss(), { first: same, second: same })
  expect(value).toBeCloseTo(25 * 0.99, 5)
  expect(gradients['first']!.every(Number.isFinite)).toBe(true)
})
