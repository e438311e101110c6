import fc from 'fast-check'
import { labelSubset } from './label-fractions.ts'

const labels = Array.from({ length: 400 }, (_, i) => (i % 10 === 0 ? -1 : i % 4 === 1 ? 1 : 0))
const candidates = Uint32Array.from(labels.keys()).filter((i) => labels[i]! >= 0)
const subset = (options: { fraction: number; seed?: number; draw?: number }): Uint32Array =>
  labelSubset({ labels, candidates, seed: 1, draw: 0, site: 'riverside', ...options })

test('a smaller fraction lies inside a larger one of the same draw', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat(5),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      (seed, draw, larger) => {
        const outer = new Set(subset({ fraction: larger, seed, draw }))
        for (const image of subset({ fraction: larger / 3, seed, draw }))
          expect(outer.has(image)).toBe(true)
      },
    ),
  )
})

test('keeps the share of each class, and at least one image of each', () => {
  const countOf = (images: Uint32Array, label: number): number =>
    images.filter((i) => labels[i] === label).length
  const tenth = subset({ fraction: 0.1 })
  expect(countOf(tenth, 1)).toBe(Math.round(0.1 * countOf(candidates, 1)))
  expect(countOf(tenth, 0)).toBe(Math.round(0.1 * countOf(candidates, 0)))
  const least = subset({ fraction: 0.0001 })
  expect([countOf(least, 0), countOf(least, 1)]).toEqual([1, 1])
})

test('the whole is every labelled candidate', () => {
  expect(subset({ fraction: 1 })).toEqual(candidates)
})

test('another draw, another seed or another site chooses other images', () => {
  const first = subset({ fraction: 0.1 })
  expect(subset({ fraction: 0.1 })).toEqual(first)
  expect(subset({ fraction: 0.1, draw: 1 })).not.toEqual(first)
  expect(subset({ fraction: 0.1, seed: 2 })).not.toEqual(first)
  expect(
    labelSubset({ labels, candidates, fraction: 0.1, seed: 1, draw: 0, site: 'northgate' }),
  ).not.toEqual(first)
})
