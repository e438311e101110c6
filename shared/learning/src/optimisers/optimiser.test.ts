import { compile, type Program } from '@consilium/engine'
import type { OptimiserPlan } from '@consilium/study'
import { applyOptimiser, buffersOf } from './optimiser.ts'

interface Case {
  readonly weight: readonly number[]
  readonly gradient: readonly number[]
  /** Zeros by default. */
  readonly buffers?: Readonly<Record<string, readonly number[]>>
  readonly learningRate: number
  readonly step?: number
  readonly shape?: readonly number[]
}

/** The new weight and, by their names, the new buffers. */
async function update(
  plan: OptimiserPlan,
  { weight, gradient, buffers = {}, learningRate, step = 1, shape = [1, weight.length] }: Case,
): Promise<Readonly<Record<string, Float32Array>>> {
  const names = buffersOf(plan)
  const program: Program = (inputs) => {
    const next = applyOptimiser(plan, {
      weight: inputs['weight']!,
      gradient: inputs['gradient']!,
      buffers: Object.fromEntries(names.map((name) => [name, inputs[name]!])),
      learningRate: inputs['learningRate']!,
      step: inputs['step']!,
    })
    return { weight: next.weight, ...next.buffers }
  }
  const perWeight = ['weight', 'gradient', ...names]
  const executable = await compile(program, {
    ...Object.fromEntries(perWeight.map((name) => [name, shape])),
    learningRate: [],
    step: [],
  })
  const zeros = weight.map(() => 0)
  return executable.run({
    weight: new Float32Array(weight),
    gradient: new Float32Array(gradient),
    ...Object.fromEntries(names.map((name) => [name, new Float32Array(buffers[name] ?? zeros)])),
    learningRate: new Float32Array([learningRate]),
    step: new Float32Array([step]),
  })
}

function expectClose(actual: Float32Array | undefined, expected: readonly number[]): void {
  expect(actual!.length).toBe(expected.length)
  expected.forEach((value, i) => {
    expect(actual![i]).toBeCloseTo(value, 5)
  })
}

const rates = { learningRate: 1, momentum: 0.9, weightDecay: 0.1 }
const sgd = { name: 'sgd', ...rates } as const
const sgdNesterov = { name: 'sgd-nesterov', ...rates } as const
const lars = { name: 'lars', ...rates, trustCoefficient: 1e-3 } as const
const larsPytorch = { ...lars, name: 'lars-pytorch' } as const
const larc = { ...lars, name: 'larc' } as const
const adamw = {
  name: 'adamw',
  learningRate: 1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
} as const

test('LARS moves [3, 4] with gradient [.6, .8] to [2.997, 3.996]', async () => {
  const { weight } = await update(lars, { weight: [3, 4], gradient: [0.6, 0.8], learningRate: 1 })
  // g + wd w = [.9, 1.2], norm 1.5; trust = .001 * 5 / 1.5; w - trust * [.9, 1.2] = [2.997, 3.996]
  expectClose(weight, [2.997, 3.996])
})

test('LARS keeps the learning rate inside the momentum buffer', async () => {
  const { weight, momentum } = await update(lars, {
    weight: [3, 4],
    gradient: [0.6, 0.8],
    buffers: { momentum: [1, 0] },
    learningRate: 0.5,
  })
  expect(momentum![0]).toBeCloseTo(0.9 + 0.0015, 6)
  expect(weight![0]).toBeCloseTo(3 - 0.9015, 6)
})

test.each([
  ['weights', [0, 0], [1, 0], [-0.5, 0]],
  ['gradients', [1, 0], [-0.1, 0], [1, 0]],
])('LARS does not divide by a norm of zero %s', async (_, weight, gradient, expected) => {
  const result = await update(lars, { weight, gradient, learningRate: 0.5 })
  expect(result['weight']![0]).toBeCloseTo(expected[0]!, 6)
})

test('the two trust ratios differ where weight and gradient point elsewhere', async () => {
  const across = { weight: [3, 4], gradient: [0.8, -0.6], learningRate: 1 }
  // g + wd w = [1.1, -.2]; |g + wd w| = 1.118034, |g| + wd |w| = 1.5
  expectClose((await update(lars, across))['weight'], [2.99508065, 4.00089443])
  expectClose((await update(larsPytorch, across))['weight'], [2.99633333, 4.00066667])
})

test("PyTorch's LARS keeps the learning rate outside the momentum buffer", async () => {
  const { weight, momentum } = await update(larsPytorch, {
    weight: [3, 4],
    gradient: [0.6, 0.8],
    buffers: { momentum: [1, 0] },
    learningRate: 0.5,
  })
  expectClose(momentum, [0.903, 0.004])
  expectClose(weight, [3 - 0.4515, 3.998])
})

test.each([
  ['weights', [0, 0], [1, 0], [-0.5, 0]],
  ['gradients', [1, 2], [0, 0], [1, 2]],
])(
  "PyTorch's LARS neither adapts nor decays at a norm of zero %s",
  async (_, weight, gradient, expected) => {
    for (const plan of [larsPytorch, larc]) {
      const result = await update(plan, { weight, gradient, learningRate: 0.5 })
      expectClose(result['weight'], expected)
    }
  },
)

test('LARC moves by the trust ratio where the learning rate is larger, by the learning rate where not', async () => {
  const gradient = [0.6, 0.8]
  const large = await update(larc, { weight: [3, 4], gradient, learningRate: 0.5 })
  expectClose(large['weight'], [2.997, 3.996])
  const small = await update(larc, { weight: [3, 4], gradient, learningRate: 0.001 })
  expectClose(small['weight'], [2.9991, 3.9988])
})

test('LARC at a learning rate of 0 stands still', async () => {
  const { weight } = await update(larc, { weight: [3, 4], gradient: [0.6, 0.8], learningRate: 0 })
  expectClose(weight, [3, 4])
})

test('SGD adds decay to the gradient and the gradient to the buffer', async () => {
  const { weight, momentum } = await update(sgd, {
    weight: [1, -2],
    gradient: [0.5, 0],
    buffers: { momentum: [1, 1] },
    learningRate: 0.1,
  })
  expectClose(momentum, [1.5, 0.7])
  expectClose(weight, [0.85, -2.07])
})

test("Nesterov's SGD steps along the gradient and, by its momentum, along the buffer ahead", async () => {
  const { weight, momentum } = await update(sgdNesterov, {
    weight: [1, -2],
    gradient: [0.5, 0],
    buffers: { momentum: [1, 1] },
    learningRate: 0.1,
  })
  expectClose(momentum, [1.5, 0.7])
  // g + wd w = [.6, -.2]; [.6, -.2] + .9 [1.5, .7] = [1.95, .43]
  expectClose(weight, [0.805, -2.043])
})

// Computed in float64 from algorithm 2 of Loshchilov & Hutter 2019, decay times learning rate.
test('AdamW takes two published steps', async () => {
  const learningRate = 0.1
  const first = await update(adamw, { weight: [1, -2], gradient: [0.5, 0.1], learningRate })
  expectClose(first['weight'], [0.899, -2.09799999])
  expectClose(first['mean'], [0.05, 0.01])
  expectClose(first['variance'], [2.5e-4, 1e-5])
  const { weight } = await update(adamw, {
    weight: [...first['weight']!],
    gradient: [-0.25, 0.3],
    buffers: { mean: [...first['mean']!], variance: [...first['variance']!] },
    learningRate,
    step: 2,
  })
  expectClose(weight, [0.8714673, -2.1876801])
})

test("AdamW's first step is as long as the learning rate, whatever the size of the gradient", async () => {
  const { weight } = await update(
    { ...adamw, weightDecay: 0 },
    { weight: [0, 0, 0], gradient: [1e-5, -3, 1e4], learningRate: 0.1 },
  )
  // The smallest gradient is a thousand times epsilon.
  expect(weight![0]).toBeCloseTo(-0.1, 3)
  expectClose(weight!.slice(1), [0.1, -0.1])
})

test.each<[OptimiserPlan, number[]]>([
  [sgd, [2.94, 3.92]],
  [sgdNesterov, [2.886, 3.848]],
  [lars, [2.94, 3.92]],
  [larsPytorch, [2.94, 3.92]],
  [larc, [2.94, 3.92]],
  [adamw, [2.9, 3.9]],
])('$name neither decays nor adapts a 1-D tensor', async (plan, expected) => {
  const { weight } = await update(plan, {
    weight: [3, 4],
    gradient: [0.6, 0.8],
    learningRate: 0.1,
    shape: [2],
  })
  expectClose(weight, expected)
})
