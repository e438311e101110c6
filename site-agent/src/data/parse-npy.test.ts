import { makeNpy } from '../testing/make-npz.ts'
import { parseNpy } from './parse-npy.ts'

test.each([
  ['|u1', Uint8Array.of(1, 255)],
  ['<u2', Uint16Array.of(1, 65535)],
  ['|i1', Int8Array.of(-1, 127)],
  ['<i2', Int16Array.of(-1, 32767)],
  ['<i4', Int32Array.of(-1, 7)],
  ['<i8', BigInt64Array.of(-1n, 7n)],
  ['<f4', Float32Array.of(-0.5, 7)],
])('%s is read', (dtype, data) => {
  expect(parseNpy(makeNpy({ shape: [2, 1], dtype, data }))).toEqual({
    kind: 'array',
    array: { shape: [2, 1], data },
  })
})

const bytes = (shape: readonly number[], data: Uint8Array, dtype = '|u1') =>
  makeNpy({ shape, dtype, data })

test.each([
  ['text', Buffer.from('no array, but some text'), 'not a .npy array'],
  ['a type that is not read', bytes([1], new Uint8Array(8), '<f8'), '<f8'],
  ['too few values', bytes([3], new Uint8Array(2)), 'needs 3 bytes, there are 2'],
  [
    'a product of sizes that overflows',
    bytes([2 ** 40, 2 ** 40], new Uint8Array(2)),
    'there are 2',
  ],
  [
    'Fortran order',
    makeNpy({ shape: [1], dtype: '|u1', data: new Uint8Array(1) }, 'True'),
    'Fortran',
  ],
  ['version 3', bytes([1], new Uint8Array(1)).map((x, i) => (i === 6 ? 3 : x)), 'version 3'],
  ['a header that is cut off', bytes([1], new Uint8Array(1)).subarray(0, 40), 'header'],
])('%s is a problem that is named', (_, file, problem) => {
  expect(parseNpy(file)).toEqual({
    kind: 'problem',
    problem: expect.stringContaining(problem) as string,
  })
})
