import { createStream, dirichlet, permutation } from './index.ts'

const take = (n: number, draw: () => number): number[] => Array.from({ length: n }, draw)

test('the same seed and path give the same numbers, another path gives others', () => {
  const a = createStream(7, 'site-a', 'round', 3)
  const b = createStream(7, 'site-a', 'round', 3)
  const c = createStream(7, 'site-a', 'round', 4)
  const first = take(5, () => a.bits())
  expect(take(5, () => b.bits())).toEqual(first)
  expect(take(5, () => c.bits())).not.toEqual(first)
})

test('path names are kept apart: "ab","c" is not "a","bc", and 1 is not "1"', () => {
  expect(createStream(1, 'ab', 'c').bits()).not.toBe(createStream(1, 'a', 'bc').bits())
  expect(createStream(1, 1).bits()).not.toBe(createStream(1, '1').bits())
})

test('uniform draws have mean 1/2 and variance 1/12, neighbours in the path do not correlate', () => {
  const xs = take(
    20000,
    (() =>
      (
        (i) => () =>
          createStream(1, 'x', i++).uniform()
      )(0))(),
  )
  const mean = xs.reduce((s, x) => s + x, 0) / xs.length
  const variance = xs.reduce((s, x) => s + (x - mean) ** 2, 0) / xs.length
  const lag =
    xs.slice(1).reduce((s, x, i) => s + (x - mean) * (xs[i]! - mean), 0) / xs.length / variance
  expect(mean).toBeCloseTo(0.5, 2)
  expect(variance).toBeCloseTo(1 / 12, 2)
  expect(Math.abs(lag)).toBeLessThan(0.03)
})

test('normal draws have the asked mean and standard deviation', () => {
  const stream = createStream(3, 'normal')
  const xs = take(20000, () => stream.normal(2, 3))
  const mean = xs.reduce((s, x) => s + x, 0) / xs.length
  const stdDev = Math.sqrt(xs.reduce((s, x) => s + (x - mean) ** 2, 0) / xs.length)
  expect(Math.abs(mean - 2)).toBeLessThan(0.1)
  expect(Math.abs(stdDev - 3)).toBeLessThan(0.1)
})

test('a permutation holds every index once', () => {
  expect([...permutation(createStream(1, 'p'), 100)].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  )
})

test('a Dirichlet draw sums to 1 even when alpha is so small that every gamma underflows', () => {
  for (const alpha of [1e-6, 0.1, 1, 100]) {
    const draw = dirichlet(createStream(1, 'd', alpha), alpha, 4)
    expect(draw.reduce((s, x) => s + x, 0)).toBeCloseTo(1, 12)
    expect(draw.every((x) => x >= 0)).toBe(true)
  }
})
