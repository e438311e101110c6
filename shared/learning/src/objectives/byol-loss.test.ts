import type { TensorFlow } from '@consilium/engine'
import {
  differentiate,
  matrix,
  numericalGradient,
  type ScalarFunction,
} from '../testing/differentiate.ts'
import { relativeError } from '../testing/relative-error.ts'
import { byolLoss } from './byol-loss.ts'
import { simSiamLoss } from './sim-siam-loss.ts'
import type { ViewPair } from './view-pair.ts'

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
  z1: matrix([
    [1, 1, 0],
    [0, 1, 0],
  ]),
  z2: matrix([
    [1, 0, 0],
    [0, 1, 1],
  ]),
}

const of =
  (loss: (predictions: ViewPair, targets: ViewPair) => TensorFlow.Scalar): ScalarFunction =>
  ({ p1, p2, z1, z2 }) =>
    loss([p1 as Tensor2D, p2 as Tensor2D], [z1 as Tensor2D, z2 as Tensor2D])

// Equation 2 of Grill et al. 2020 and equation 4 of Chen & He 2021 in float64.
describe.each([
  ['BYOL', of(byolLoss), 0.70294373],
  ['SimSiam', of(simSiamLoss), -0.82426407],
] as const)('%s', (_, loss, expected) => {
  test.each(['onnx', 'reference'] as const)('on %s it is the published loss', async (runtime) => {
    const { value } = await differentiate(loss, inputs, runtime)
    expect(value).toBeCloseTo(expected, 6)
  })

  test('the gradients of the predictions are those of finite differences; the targets have none', async () => {
    const { gradients } = await differentiate(loss, inputs)
    for (const name of ['p1', 'p2']) {
      const numerical = await numericalGradient(loss, inputs, name)
      expect(relativeError(gradients[name]!, numerical)).toBeLessThan(1e-4)
    }
    expect([...gradients['z1']!, ...gradients['z2']!].every((x) => x === 0)).toBe(true)
  })

  test('only directions count: lengths, also huge ones, change nothing', async () => {
    const longer = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, data }]) => [
        name,
        { shape, data: data.map((x) => x * 1e15) },
      ]),
    )
    const { value, gradients } = await differentiate(loss, longer)
    expect(value).toBeCloseTo(expected, 6)
    expect(gradients['p1']!.every(Number.isFinite)).toBe(true)
  })
})

test('BYOL is four times SimSiam, plus four', async () => {
  const [byol, simSiam] = [
    await differentiate(of(byolLoss), inputs),
    await differentiate(of(simSiamLoss), inputs),
  ]
  expect(byol.value).toBeCloseTo(4 + 4 * simSiam.value, 5)
})

test('predictions that are their targets have nothing left to learn', async () => {
  const perfect = { ...inputs, p1: inputs.z2, p2: inputs.z1 }
  const { value, gradients } = await differentiate(of(byolLoss), perfect)
  expect(value).toBeCloseTo(0, 6)
  expect(Math.max(...gradients['p1']!.map(Math.abs))).toBeLessThan(1e-6)
})
