import {
  applyDelta,
  assertSameSchema,
  deltaOf,
  findNonFinite,
  type NamedArray,
  type NamedArrays,
} from './index.ts'

const bundle = (entries: Record<string, number[]>): NamedArrays =>
  new Map(
    Object.entries(entries).map(([k, v]): [string, NamedArray] => [
      k,
      { shape: [v.length], data: new Float32Array(v) },
    ]),
  )

test('a delta applied to what it was taken from gives the result back', () => {
  const before = bundle({ w: [1, 2], b: [3] })
  const after = bundle({ w: [1.5, 1], b: [3] })
  expect(deltaOf(after, before).get('w')!.data).toEqual(new Float32Array([0.5, -1]))
  expect(applyDelta(before, deltaOf(after, before))).toEqual(after)
})

test('a mismatch names the tensors that are missing, unknown and misshapen', () => {
  const model = bundle({ a: [1], b: [1, 2], c: [1] })
  expect(() => {
    assertSameSchema(bundle({ b: [1], c: [1], d: [1] }), model, "Update from 'oslo'")
  }).toThrow(/'oslo'.*missing: a; unknown: d; misshapen: b is \[1\], expected \[2\]/)
})

test('finds the tensor that holds a NaN or an infinity', () => {
  expect(findNonFinite(bundle({ a: [1], b: [1, NaN] }))).toBe('b')
  expect(findNonFinite(bundle({ a: [Infinity] }))).toBe('a')
  expect(findNonFinite(bundle({ a: [1] }))).toBeUndefined()
})
