import fc from 'fast-check'
import { lbfgs } from './lbfgs.ts'

test('finds the minimum of a badly scaled quadratic', () => {
  const scales = [1, 10, 100, 1000]
  const { x, converged } = lbfgs({
    evaluate: (at) => ({
      value: scales.reduce((sum, s, i) => sum + (s / 2) * (at[i]! - i) ** 2, 0),
      gradient: Float64Array.from(scales, (s, i) => s * (at[i]! - i)),
    }),
    start: new Float64Array(4),
    gradientTolerance: 1e-9,
  })
  expect(converged).toBe(true)
  scales.forEach((_, i) => {
    expect(x[i]).toBeCloseTo(i, 8)
  })
})

test('minimises sums of log cosh from any start', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 6 }),
      (start) => {
        const { x, converged } = lbfgs({
          evaluate: (at) => ({
            value: at.reduce((sum, t) => sum + Math.log(Math.cosh(t - 2)), 0),
            gradient: at.map((t) => Math.tanh(t - 2)),
          }),
          start: Float64Array.from(start),
          gradientTolerance: 1e-6,
        })
        expect(converged).toBe(true)
        for (const t of x) expect(t).toBeCloseTo(2, 5)
      },
    ),
  )
})

test('says so when the iterations run out', () => {
  const { converged, iterations } = lbfgs({
    evaluate: (at) => ({ value: at[0]! ** 4, gradient: Float64Array.of(4 * at[0]! ** 3) }),
    start: Float64Array.of(100),
    gradientTolerance: 1e-12,
    maxIterations: 2,
  })
  expect(converged).toBe(false)
  expect(iterations).toBe(2)
})
