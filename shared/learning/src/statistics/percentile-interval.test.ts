import { percentileInterval } from './percentile-interval.ts'

test('cuts the same share from both ends, interpolating between values', () => {
  const values = Array.from({ length: 101 }, (_, i) => 100 - i)
  const [low, high] = percentileInterval(values)
  expect(low).toBeCloseTo(2.5, 9)
  expect(high).toBeCloseTo(97.5, 9)
  expect(percentileInterval(values, 0.8)[0]).toBeCloseTo(10, 9)
})

test('one value is its own interval', () => {
  expect(percentileInterval([3])).toEqual([3, 3])
})
