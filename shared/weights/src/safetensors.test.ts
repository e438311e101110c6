import fc from 'fast-check'
import { decodeSafetensors, encodeSafetensors, sha256, type NamedArray } from './index.ts'

const arrays = fc
  .dictionary(
    fc.string({ minLength: 1, maxLength: 12 }).filter((name) => !name.startsWith('__')),
    fc.array(fc.float({ noNaN: true }), { maxLength: 8 }),
    { maxKeys: 6, noNullPrototype: true },
  )
  .map(
    (d) =>
      new Map(
        Object.entries(d).map(([k, v]): [string, NamedArray] => [
          k,
          { shape: [v.length], data: new Float32Array(v) },
        ]),
      ),
  )

const bytesOf = (header: unknown, data = new Uint8Array(0)): Uint8Array => {
  const text = new TextEncoder().encode(JSON.stringify(header))
  const file = new Uint8Array(8 + text.length + data.length)
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true)
  file.set(text, 8)
  file.set(data, 8 + text.length)
  return file
}

test('what was encoded is decoded, whatever the names', () => {
  fc.assert(
    fc.property(arrays, (original) => {
      const { arrays: decoded } = decodeSafetensors(encodeSafetensors(original))
      expect(Object.fromEntries(decoded)).toEqual(Object.fromEntries(original))
    }),
  )
})

test('the bytes do not depend on the order of insertion', () => {
  const a: NamedArray = { shape: [1], data: new Float32Array([1]) }
  const b: NamedArray = { shape: [2], data: new Float32Array([2, 3]) }
  const one = encodeSafetensors(
    new Map([
      ['a', a],
      ['b', b],
    ]),
    { x: '1', y: '2' },
  )
  const two = encodeSafetensors(
    new Map([
      ['b', b],
      ['a', a],
    ]),
    { y: '2', x: '1' },
  )
  expect(sha256(one)).toBe(sha256(two))
})

test('metadata comes back', () => {
  expect(decodeSafetensors(encodeSafetensors(new Map(), { study: 's' })).metadata).toEqual({
    study: 's',
  })
})

test('a view into a larger, unaligned buffer decodes', () => {
  const file = encodeSafetensors(new Map([['w', { shape: [2], data: new Float32Array([1, -2]) }]]))
  const shifted = new Uint8Array(file.length + 3)
  shifted.set(file, 3)
  expect([...decodeSafetensors(shifted.subarray(3)).arrays.get('w')!.data]).toEqual([1, -2])
})

test.each([
  ['too short', new Uint8Array(3)],
  ['a header longer than the file', new Uint8Array([255, 0, 0, 0, 0, 0, 0, 0, 1])],
  ['a header that is no JSON', new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 123])],
  [
    'another dtype',
    bytesOf({ w: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, new Uint8Array(2)),
  ],
  [
    'a shape that does not fit its span',
    bytesOf({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, new Uint8Array(4)),
  ],
  [
    'a hole between tensors',
    bytesOf({ w: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, new Uint8Array(8)),
  ],
  ['bytes of no tensor', bytesOf({}, new Uint8Array(4))],
])('refuses %s', (_, file) => {
  expect(() => decodeSafetensors(file)).toThrow(expect.objectContaining({ code: 'WEIGHTS_FORMAT' }))
})
