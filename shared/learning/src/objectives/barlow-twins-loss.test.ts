import type { TensorFlow } from '@consilium/engine'
import {
  differentiate,
  matrix,
  numericalGradient,
  type ScalarFunction,
} from '../testing/differentiate.ts'
import { relativeError } from '../testing/relative-error.ts'
import { barlowTwinsLoss } from './barlow-twins-loss.ts'

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

const loss =
  (redundancy?: number): ScalarFunction =>
  ({ first, second }) =>
    barlowTwinsLoss(
      [first as Tensor2D, second as Tensor2D],
      redundancy === undefined ? {} : { redundancy },
    )

// The definition of facebookresearch/barlowtwins@046eec3 (main.py) in float64.
test.each([
  ['onnx', 0.005, 0.25640387],
  ['reference', 0.005, 0.25640387],
  ['onnx', undefined, 0.25652529],
] as const)('on %s, with redundancy %s, it is %d', async (runtime, redundancy, expected) => {
  const { value } = await differentiate(loss(redundancy), inputs, runtime)
  expect(value).toBeCloseTo(expected, 6)
})

test.each([0.0051, 1])(
  'with redundancy %d the gradients are those of finite differences',
  async (redundancy) => {
    const { gradients } = await differentiate(loss(redundancy), inputs)
    for (const name of ['first', 'second']) {
      const expected = await numericalGradient(loss(redundancy), inputs, name)
      expect(relativeError(gradients[name]!, expected)).toBeLessThan(1e-4)
    }
  },
)

test('scale and mean of a dimension do not count, also where they are huge', async () => {
  const moved = {
    ...inputs,
    first: { shape: [3, 2], data: inputs.first.data.map((x, i) => (i % 2 ? 1e6 * x : 3 - 2 * x)) },
  }
  const mirrored = {
    ...inputs,
    first: { shape: [3, 2], data: inputs.first.data.map((x, i) => (i % 2 ? x : -x)) },
  }
  const [a, b] = [await differentiate(loss(), moved), await differentiate(loss(), mirrored)]
  expect(a.value).toBeCloseTo(b.value, 4)
})

test('exchanging the two views changes nothing', async () => {
  const exchanged = { first: inputs.second, second: inputs.first }
  const [a, b] = [await differentiate(loss(), inputs), await differentiate(loss(), exchanged)]
  expect(b.value).toBeCloseTo(a.value, 6)
})

test('embeddings that are the same for every image cost 1 per dimension', async () => {
  const same = matrix([
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  const { value, gradients } = await differentiate(loss(), { first: same, second: inputs.second })
  expect(value).toBeCloseTo(2, 6)
  expect(gradients['first']!.every(Number.isFinite)).toBe(true)
})
