import fc from 'fast-check'
import { halfOf, halfValues } from './half.ts'

/** From IEEE 754-2019, table 3.5, and its rounding to nearest, ties to even. */
test.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [1.5 * 2 ** -24, 0x0002],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [1023.5 * 2 ** -24, 0x0400],
])('%p is half %p', (x, half) => {
  expect(halfOf(x)).toBe(half)
})

test('what is too large becomes the largest half', () => {
  expect([65519, 65520, 1e30, -1e30].map(halfOf)).toEqual([0x7bff, 0x7bff, 0x7bff, 0xfbff])
})

test('every finite half is its own nearest', () => {
  const values = halfValues()
  for (let half = 0; half < 0x10000; half += 1)
    if (Number.isFinite(values[half])) expect(halfOf(values[half]!)).toBe(half)
})

test('no other half is nearer', () => {
  const values = halfValues()
  fc.assert(
    fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (x) => {
      const half = halfOf(x)
      const error = Math.abs(values[half]! - x)
      for (const other of [half - 1, half + 1])
        if (Number.isFinite(values[other]))
          expect(error).toBeLessThanOrEqual(Math.abs(values[other]! - x))
    }),
  )
})
