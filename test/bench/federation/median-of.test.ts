import { medianOf } from './median-of.ts'

test('the median is the middle one, or the mean of the two in the middle, in numeric order', () => {
  expect(medianOf([10, 9, 100])).toBe(10)
  expect(medianOf([4, 1, 3, 2])).toBe(2.5)
  expect(medianOf([7])).toBe(7)
})
