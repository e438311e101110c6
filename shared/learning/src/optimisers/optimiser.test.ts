import { compile, type Program } from '@consilium/engine'
import type { OptimiserPlan } from '@consilium/study'
import { applyOptimiser } from './optimiser.ts'

interface Case {
  readonly weight: number[]
  readonly gradient: number[]
  readonly momentum?: number[]
  readonly learningRate: number
  readonly shape?: number[]
}

async function update(
  plan: OptimiserPlan,
  {
    weight,
    gradient,
    momentum = weight.map(() => 0),
    learningRate,
    shape = [1, weight.length],
  }: Case,
) {
  const program: Program = (inputs) => ({
    ...applyOptimiser(plan, {
      weight: inputs['weight']!,
      gradient: inputs['gradient']!,
      momentum: inputs['momentum']!,
      learningRate: inputs['learningRate']!,
    }),
  })
  const executable = await compile(program, {
    weight: shape,
    gradient: shape,
    momentum: shape,
    learningRate: [],
  })
  return executable.run({
    weight: new Float32Array(weight),
    gradient: new Float32Array(gradient),
    momentum: new Float32Array(momentum),
    learningRate: new Float32Array([learningRate]),
  })
}

const lars = {
  name: 'lars',
  learningRate: 1,
  momentum: 0.9,
  weightDecay: 0.1,
  trustCoefficient: 1e-3,
} as const
const sgd = { name: 'sgd', learningRate: 1, momentum: 0.9, weightDecay: 0.1 } as const

test('LARS moves [3, 4] with gradient [.6, .8] to [2.997, 3.996]', async () => {
  const { weight } = await update(lars, { weight: [3, 4], gradient: [0.6, 0.8], learningRate: 1 })
  // g + wd w = [.9, 1.2], norm 1.5; trust = .001 * 5 / 1.5; w - trust * [.9, 1.2] = [2.997, 3.996]
  expect(weight![0]).toBeCloseTo(2.997, 5)
  expect(weight![1]).toBeCloseTo(3.996, 5)
})

test('LARS keeps the learning rate inside the momentum buffer', async () => {
  const { weight, momentum } = await update(lars, {
    weight: [3, 4],
    gradient: [0.6, 0.8],
    momentum: [1, 0],
    learningRate: 0.5,
  })
  expect(momentum![0]).toBeCloseTo(0.9 + 0.0015, 6)
  expect(weight![0]).toBeCloseTo(3 - 0.9015, 6)
})

test('LARS neither decays nor adapts a 1-D tensor', async () => {
  const { weight } = await update(lars, {
    weight: [3, 4],
    gradient: [0.6, 0.8],
    learningRate: 0.1,
    shape: [2],
  })
  expect(weight![0]).toBeCloseTo(2.94, 6)
  expect(weight![1]).toBeCloseTo(3.92, 6)
})

test.each([
  ['weights', [0, 0], [1, 0], [-0.5, 0]],
  ['gradients', [1, 0], [-0.1, 0], [1, 0]],
])('LARS does not divide by a norm of zero %s', async (_, weight, gradient, expected) => {
  const result = await update(lars, { weight, gradient, learningRate: 0.5 })
  expect(result.weight![0]).toBeCloseTo(expected[0]!, 6)
})

test('SGD adds decay to the gradient and the gradient to the buffer', async () => {
  const { weight, momentum } = await update(sgd, {
    weight: [1, -2],
    gradient: [0.5, 0],
    momentum: [1, 1],
    learningRate: 0.1,
  })
  expect(momentum![0]).toBeCloseTo(0.9 + 0.5 + 0.1, 6)
  expect(momentum![1]).toBeCloseTo(0.9 - 0.2, 6)
  expect(weight![0]).toBeCloseTo(1 - 0.15, 6)
})
