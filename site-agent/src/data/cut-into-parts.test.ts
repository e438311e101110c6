import fc from 'fast-check'
import { createStream } from '@consilium/random'
import { cutIntoParts, type CutInput } from './cut-into-parts.ts'
import type { Skew } from './parse-data-source.ts'

const skews = fc.oneof(
  fc.constant<Skew>({ kind: 'none' }),
  fc.record({
    kind: fc.constantFrom('dirichlet' as const, 'quantity' as const),
    alpha: fc.double({ min: 0.01, max: 100, noNaN: true }),
  }),
)

const inputs = fc
  .array(fc.tuple(fc.integer({ min: -1, max: 4 }), fc.integer({ min: 0, max: 2 })), {
    maxLength: 200,
  })
  .map((rows): CutInput => ({
    labels: Int16Array.from(rows, ([label]) => label),
    splits: Uint8Array.from(rows, ([, split]) => split),
  }))

test('all parts together hold every image exactly once', () => {
  fc.assert(
    fc.property(
      inputs,
      skews,
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      (input, skew, parts, seed) => {
        const all = Array.from({ length: parts }, (_, i) => [
          ...cutIntoParts(input, { part: i + 1, parts, skew, seed }),
        ])
        expect(all.flat().sort((a, b) => a - b)).toEqual([...input.labels.keys()])
      },
    ),
  )
})

/** 3000 images, a third of them tests, half of each of class 1. */
const balanced: CutInput = {
  labels: Int16Array.from({ length: 3000 }, (_, i) => i % 2),
  splits: Uint8Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? 2 : 0)),
}

const prevalence = (part: Uint32Array, split: number): number => {
  const images = [...part].filter((i) => balanced.splits[i] === split)
  return images.filter((i) => balanced.labels[i] === 1).length / images.length
}

test('without skew the parts are of one size and one prevalence', () => {
  for (const part of [1, 2, 3]) {
    const images = cutIntoParts(balanced, { part, parts: 3, skew: { kind: 'none' }, seed: 1 })
    expect(images).toHaveLength(1000)
    expect(Math.abs(prevalence(images, 0) - 0.5)).toBeLessThan(0.06)
  }
})

test('with dirichlet skew the parts differ in prevalence, and a part has it in training and test alike', () => {
  const parts = [1, 2, 3].map((part) =>
    cutIntoParts(balanced, { part, parts: 3, skew: { kind: 'dirichlet', alpha: 0.5 }, seed: 1 }),
  )
  const train = parts.map((part) => prevalence(part, 0))
  expect(Math.max(...train) - Math.min(...train)).toBeGreaterThan(0.2)
  parts.forEach((part, i) => {
    expect(Math.abs(prevalence(part, 2) - train[i]!)).toBeLessThan(0.01)
  })
})

test('with quantity skew the parts differ in size and hardly in prevalence', () => {
  const parts = [1, 2, 3].map((part) =>
    cutIntoParts(balanced, { part, parts: 3, skew: { kind: 'quantity', alpha: 1 }, seed: 2 }),
  )
  const sizes = parts.map((part) => part.length)
  expect(Math.max(...sizes)).toBeGreaterThan(2 * Math.min(...sizes))
  expect(Math.abs(prevalence(parts[sizes.indexOf(Math.max(...sizes))]!, 0) - 0.5)).toBeLessThan(
    0.05,
  )
})

test('the same seed gives the same part, another seed another', () => {
  const cut = {
    part: 1,
    parts: 3,
    skew: { kind: 'none' },
    seed: createStream(0).integer(1000),
  } as const
  expect(cutIntoParts(balanced, cut)).toEqual(cutIntoParts(balanced, cut))
  expect(cutIntoParts(balanced, { ...cut, seed: cut.seed + 1 })).not.toEqual(
    cutIntoParts(balanced, cut),
  )
})
