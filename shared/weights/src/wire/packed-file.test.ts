import fc from 'fast-check'
import { encodePacked } from './encode-packed.ts'
import { decodePacked, packedFileBytes, packedHeader } from './packed-file.ts'
import { readFrom } from './read-from.ts'
import type { PackedFormat } from './wire-format.ts'

function unpacked(bytes: Uint8Array, { format, values }: { format: PackedFormat; values: number }) {
  const pieces = [...decodePacked(readFrom(bytes), { bytes: bytes.length, format, values })]
  return Float32Array.from(pieces.flatMap((piece) => [...piece]))
}

const roundTrip = async (vector: Float32Array, format: PackedFormat): Promise<Float32Array> =>
  unpacked(await encodePacked(vector, format), { format, values: vector.length })

const formats: readonly PackedFormat[] = [
  { format: 'float16' },
  { format: 'int8', block: 16 },
  { format: 'int8', block: 100 },
  { format: 'top-k', fraction: 0.1 },
  { format: 'top-k', fraction: 1 },
]

const vectors = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -60_000, max: 60_000 }), {
    minLength: 1,
    maxLength: 300,
  })
  .map((values) => Float32Array.from(values))

/** Longer than a piece. */
const long = Float32Array.from({ length: 150_000 }, (_, i) => Math.sin(i * i))

test.each(formats)('%p: as many bytes and values as are told beforehand', async (format) => {
  await fc.assert(
    fc.asyncProperty(vectors, async (vector) => {
      const bytes = await encodePacked(vector, format)
      const values = vector.length
      expect(bytes).toHaveLength(packedFileBytes({ format, values }))
      expect(unpacked(bytes, { format, values })).toHaveLength(values)
    }),
  )
  expect(await roundTrip(long, format)).toHaveLength(long.length)
})

test.each(formats)('%p: what was unpacked packs to the same values', async (format) => {
  await fc.assert(
    fc.asyncProperty(vectors, async (vector) => {
      const once = await roundTrip(vector, format)
      const error = (a: Float32Array, b: Float32Array) =>
        Math.max(...a.map((x, i) => Math.abs(x - b[i]!) - 1e-6 * Math.abs(x)))
      expect(error(once, await roundTrip(once, format))).toBeLessThanOrEqual(1e-44)
    }),
  )
})

test('float16: within half a unit of 11 bits', async () => {
  await fc.assert(
    fc.asyncProperty(vectors, async (vector) => {
      for (const [i, x] of (await roundTrip(vector, { format: 'float16' })).entries())
        expect(Math.abs(x - vector[i]!)).toBeLessThanOrEqual(
          Math.max(2 ** -25, Math.abs(vector[i]!) * 2 ** -11),
        )
    }),
  )
})

test('int8: within half a 127th of the largest of the block', async () => {
  const block = 16
  await fc.assert(
    fc.asyncProperty(vectors, async (vector) => {
      const back = await roundTrip(vector, { format: 'int8', block })
      for (let begin = 0; begin < vector.length; begin += block) {
        const own = vector.subarray(begin, begin + block)
        const largest = Math.max(...own.map(Math.abs))
        for (const [i, x] of own.entries())
          expect(Math.abs(back[begin + i]! - x)).toBeLessThanOrEqual(largest / 253 + 1e-43)
      }
    }),
  )
})

test('int8 by hand: a scale, then whole numbers of it; the scale of zeros is zero', async () => {
  const vector = Float32Array.of(254, -1, 2.9, ...Array<number>(13).fill(0), 0, 0)
  const bytes = await encodePacked(vector, { format: 'int8', block: 16 })
  const body = bytes.subarray(bytes.length - 26)
  expect(new DataView(body.buffer, body.byteOffset).getFloat32(0, true)).toBe(2)
  expect([...body.subarray(4, 8)]).toEqual([127, 0, 1, 0])
  expect([...body.subarray(20)]).toEqual([0, 0, 0, 0, 0, 0])
})

test('top-k: exactly the k largest magnitudes, unchanged, and of equal ones the first', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 80 }),
      async (integers) => {
        const vector = Float32Array.from(integers)
        const sent = await roundTrip(vector, { format: 'top-k', fraction: 0.25 })
        const order = [...vector.keys()].sort(
          (a, b) => Math.abs(vector[b]!) - Math.abs(vector[a]!) || a - b,
        )
        const kept = new Set(order.slice(0, Math.ceil(vector.length / 4)))
        expect([...sent]).toEqual([...vector].map((x, i) => (kept.has(i) && x !== 0 ? x : 0)))
      },
    ),
  )
})

test('top-k: over pieces, with the k-th of 150,000', async () => {
  const fraction = 0.01
  const sent = await roundTrip(long, { format: 'top-k', fraction })
  const sizes = long.map(Math.abs).sort()
  const smallest = sizes[sizes.length - fraction * long.length]!
  expect([...sent]).toEqual([...long].map((x) => (Math.abs(x) >= smallest ? x : 0)))
})

test.each(formats)('%p: a damaged file is refused or gives as many values', async (format) => {
  const vector = long.subarray(0, 200)
  const bytes = await encodePacked(vector, format)
  const values = vector.length
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Uint8Array.from(bytes)
      damaged[at] = byte
      try {
        expect(unpacked(damaged, { format, values })).toHaveLength(values)
      } catch (error) {
        expect(error).toMatchObject({ code: 'WEIGHTS_FORMAT' })
      }
    }),
    { numRuns: 500 },
  )
  for (const wrong of [bytes.subarray(1), Buffer.concat([bytes, Buffer.alloc(1)]), Buffer.of()])
    expect(() => unpacked(wrong, { format, values })).toThrow(
      expect.objectContaining({ code: 'WEIGHTS_FORMAT' }),
    )
})

test('arbitrary bytes of the right length are refused', () => {
  for (const format of formats) {
    const length = packedFileBytes({ format, values: 50 })
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (bytes) => {
        expect(() => unpacked(bytes, { format, values: 50 })).toThrow(
          expect.objectContaining({ code: 'WEIGHTS_FORMAT' }),
        )
      }),
    )
  }
})

test('top-k: positions beyond a piece, twice, or more than it has are refused', async () => {
  const format: PackedFormat = { format: 'top-k', fraction: 0.05 }
  const bytes = await encodePacked(long.subarray(0, 40), format)
  const body = bytes.length - 16
  for (const [at, value] of [
    [body, 41],
    [body + 4, 40],
    [body + 6, bytes[body + 4]!],
  ] as const) {
    const wrong = Uint8Array.from(bytes)
    wrong[at] = value
    expect(() => unpacked(wrong, { format, values: 40 })).toThrow(
      expect.objectContaining({ code: 'WEIGHTS_FORMAT' }),
    )
  }
})

test('the header is safetensors and says what is in the file', () => {
  const header = packedHeader({ format: { format: 'int8', block: 16 }, values: 26 })
  expect(new TextDecoder().decode(header.subarray(8)).trimEnd()).toBe(
    '{"__metadata__":{"format":"int8","block":"16","values":"26"},"update":{"dtype":"U8","shape":[34],"data_offsets":[0,34]}}',
  )
})
