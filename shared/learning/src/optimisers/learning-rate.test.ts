import { learningRateAt } from './learning-rate.ts'

test('rises linearly to its peak, then falls along half a cosine to 0', () => {
  expect(learningRateAt(0, 2, 0.1)).toBe(0)
  expect(learningRateAt(0.05, 2, 0.1)).toBeCloseTo(1, 12)
  expect(learningRateAt(0.1, 2, 0.1)).toBeCloseTo(2, 12)
  expect(learningRateAt(0.55, 2, 0.1)).toBeCloseTo(1, 12)
  expect(learningRateAt(1, 2, 0.1)).toBeCloseTo(0, 12)
})

test('without warm-up it starts at its peak', () => {
  expect(learningRateAt(0, 2, 0)).toBe(2)
})
