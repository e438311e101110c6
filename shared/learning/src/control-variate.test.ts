import fc from 'fast-check'
import { nextControl, reachOf, type StepsPlan } from './control-variate.ts'
import { stepLearningRate } from './optimisers/learning-rate.ts'

const planOf = (changes: Partial<StepsPlan> & { momentum?: number }): StepsPlan => ({
  optimiser: {
    ...{ name: 'sgd', learningRate: 0.25, momentum: changes.momentum ?? 0, weightDecay: 0 },
  },
  // Its cosine has hardly begun in the first rounds.
  schedule: { rounds: 1e9, localEpochs: 1, batch: 2, warmup: 0 },
  ...changes,
})

test('plain steps of one rate lead K times the rate', () => {
  expect(reachOf(planOf({}), { round: 1, steps: 7 })).toBe(7 * 0.25)
  expect(reachOf(planOf({}), { round: 1, steps: 0 })).toBe(0)
})

test('momentum adds up from zero', () => {
  const plan = planOf({ momentum: 0.5 })
  expect(reachOf(plan, { round: 1, steps: 3 })).toBe(0.25 * (1 + 1.5 + 1.75))
  const nesterov = planOf({ optimiser: { ...plan.optimiser, name: 'sgd-nesterov' } as never })
  expect(reachOf(nesterov, { round: 1, steps: 3 })).toBe(0.25 * (1.5 + 1.75 + 1.875))
})

test('the learning rates are those of the round', () => {
  const plan = planOf({ schedule: { rounds: 3, localEpochs: 1, batch: 2, warmup: 0.1 } })
  const rates = [0, 1].map((step) => stepLearningRate(plan, { round: 3, step, steps: 2 }))
  expect(reachOf(plan, { round: 3, steps: 2 })).toBe(rates[0]! + rates[1]!)
  expect(reachOf(plan, { round: 9, steps: 2 })).toBe(rates[0]! + rates[1]!)
})

test('an optimiser whose steps do not add up is an error of ours', () => {
  const optimiser = { name: 'lars', learningRate: 1, momentum: 0, weightDecay: 0 } as const
  const plan = planOf({ optimiser: { ...optimiser, trustCoefficient: 0.001 } })
  expect(() => reachOf(plan, { round: 1, steps: 1 })).toThrow('internal: the steps of lars')
})

test("a site's next control variate is the mean of its gradients, whatever c and c_i were", () => {
  const number = fc.float({ min: -10, max: 10, noNaN: true })
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 1, maxLength: 9 }),
      number,
      number,
      (gradients, c, ci) => {
        const plan = planOf({})
        const moved = gradients.reduce((x, gradient) => x - 0.25 * (gradient + c - ci), 0)
        const reach = reachOf(plan, { round: 1, steps: gradients.length })
        const [next] = nextControl(
          { global: Float32Array.of(c), own: Float32Array.of(ci), delta: Float32Array.of(moved) },
          reach,
        )
        const mean = gradients.reduce((sum, gradient) => sum + gradient, 0) / gradients.length
        expect(next).toBeCloseTo(mean, 4)
      },
    ),
  )
})
