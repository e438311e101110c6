import { geometricMean, median } from './averages.ts'

test('the median is the middle value, whatever the order', () => {
  expect(median([9, 1, 4])).toBe(4)
  expect(median([7])).toBe(7)
})

test('of an even number of values it is the mean of the two in the middle', () => {
  expect(median([1, 100, 2, 4])).toBe(3)
})

test('a ratio and its reciprocal have the geometric mean 1', () => {
  expect(geometricMean([4, 0.25])).toBeCloseTo(1, 12)
  expect(geometricMean([2, 8])).toBeCloseTo(4, 12)
})
