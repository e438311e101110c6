import fc from 'fast-check'
import { axisOver } from './axis.ts'

test('ticks are round numbers', () => {
  const { low, high, ticks } = axisOver('AUC', [0.512, 0.934])
  expect([low, high]).toEqual([0.5, 1])
  expect(ticks.map(({ text }) => text)).toEqual(['0.5', '0.6', '0.7', '0.8', '0.9', '1.0'])
})

test('holds all values, also when they are all the same', () => {
  const numbers = fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 1000)
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 5 }), (values) => {
      const { low, high, ticks } = axisOver('x', values)
      expect(low).toBeLessThanOrEqual(Math.min(...values))
      expect(high).toBeGreaterThanOrEqual(Math.max(...values))
      expect(high).toBeGreaterThan(low)
      expect(ticks.length).toBeLessThan(15)
    }),
  )
})
