/** What holds of rules for any updates. Values are multiples of 1/8, which float32 adds without rounding. */
import type { AggregationPlan } from '@consilium/study'
import fc from 'fast-check'
import { aggregateVectors } from '../aggregate-vectors.ts'

const eighths = fc.integer({ min: -80, max: 80 }).map((k) => k / 8)
const cohort = fc.array(fc.tuple(eighths, eighths, eighths), { minLength: 5, maxLength: 8 })

const byzantine = 1
const average: AggregationPlan = { rule: 'fedavg', weighting: 'uniform' }
const coordinatewise: AggregationPlan[] = [
  { rule: 'coordinate-median' },
  { rule: 'trimmed-mean', byzantine },
]
const mixed: AggregationPlan = { rule: 'nnm-trimmed-mean', byzantine }
const krum: AggregationPlan = { rule: 'krum', byzantine }
const geometric: AggregationPlan = { rule: 'geometric-median', iterations: 5, smoothing: 1e-6 }

const close = (values: readonly number[]) => values.map((x): unknown => expect.closeTo(x, 4))

test.each([average, ...coordinatewise, mixed, krum, geometric])(
  '$rule moves with its updates',
  async (plan) => {
    await fc.assert(
      fc.asyncProperty(cohort, eighths, async (updates, by) => {
        const { model } = await aggregateVectors(plan, updates)
        const moved = await aggregateVectors(
          plan,
          updates.map((update) => update.map((x) => x + by)),
        )
        expect(moved.model).toEqual(close(model.map((x) => x + by)))
      }),
      { numRuns: 50 },
    )
  },
)

test.each([average, ...coordinatewise, mixed, krum])(
  '$rule grows with its updates',
  async (plan) => {
    await fc.assert(
      fc.asyncProperty(cohort, fc.constantFrom(-4, 0.5, 2), async (updates, times) => {
        const { model } = await aggregateVectors(plan, updates)
        const grown = await aggregateVectors(
          plan,
          updates.map((update) => update.map((x) => x * times)),
        )
        expect(grown.model).toEqual(close(model.map((x) => x * times)))
      }),
      { numRuns: 50 },
    )
  },
)

test.each(coordinatewise)(
  '$rule stays between honest values whatever one site sends',
  async (plan) => {
    const anything = fc.tuple(
      ...[0, 1, 2].map(() => fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 })),
    )
    await fc.assert(
      fc.asyncProperty(cohort, anything, async (honest, attack) => {
        const { model } = await aggregateVectors(plan, [...honest, attack])
        model.forEach((x, c) => {
          const values = honest.map((update) => update[c]!)
          const slack = 1e-4
          expect(x).toBeGreaterThanOrEqual(Math.min(...values) - slack)
          expect(x).toBeLessThanOrEqual(Math.max(...values) + slack)
        })
      }),
      { numRuns: 50 },
    )
  },
)

test('centred clipping is never longer than its iterations times its radius', async () => {
  const plan: AggregationPlan = { rule: 'centred-clipping', radius: 0.5, iterations: 3 }
  await fc.assert(
    fc.asyncProperty(cohort, async (updates) => {
      const { model } = await aggregateVectors(plan, updates)
      expect(Math.hypot(...model)).toBeLessThanOrEqual(1.5 + 1e-6)
    }),
  )
})
