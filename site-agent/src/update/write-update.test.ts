import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import {
  decodePacked,
  decodeSafetensors,
  decodeUpdate,
  deltaOf,
  encodePacked,
  encodeSafetensors,
  packedFileBytes,
  readFrom,
  sha256,
  type NamedArrays,
  type PackedFormat,
  type WireFormat,
} from '@consilium/weights'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { openWeightsFile, type WeightsFile } from './weights-file.ts'
import { writeUpdate } from './write-update.ts'

const newFolder = temporaryFolders()

/** Two tensors over the values. */
const weightsOf = (values: Float32Array): NamedArrays => {
  const cut = Math.floor(values.length / 3)
  return new Map([
    ['a', { shape: [cut], data: values.subarray(0, cut) }],
    ['b', { shape: [values.length - cut], data: values.subarray(cut) }],
  ])
}

const valuesIn = (file: Uint8Array): Float32Array =>
  Float32Array.from([...decodeSafetensors(file).arrays.values()].flatMap(({ data }) => [...data]))

/** A site's folder, and rounds in it. */
async function site() {
  const folder = await newFolder()
  const at = (name: string): string => path.join(folder, name)
  const write = async (format: WireFormat, before: NamedArrays, after: NamedArrays) => {
    await writeFile(at('before'), encodeSafetensors(before))
    await writeFile(at('after'), encodeSafetensors(after))
    const names = ['before', 'after', ...(existsSync(at('residual')) ? ['residual'] : [])]
    const files = await Promise.all(names.map((name) => openWeightsFile(at(name))))
    const targets = { update: at('update'), residual: at('residual'), control: at('control') }
    try {
      const [a, b, residual] = files
      return await writeUpdate({ before: a!, after: b!, residual }, format, targets)
    } finally {
      await Promise.all(files.map((file) => file.close()))
    }
  }
  return { at, write }
}

const formats: readonly PackedFormat[] = [
  { format: 'float16' },
  { format: 'int8', block: 16 },
  { format: 'top-k', fraction: 0.1 },
]

const vector = (length: number): fc.Arbitrary<Float32Array> =>
  fc
    .array(fc.float({ noNaN: true, min: -1000, max: 1000 }), {
      minLength: length,
      maxLength: length,
    })
    .map((values) => Float32Array.from(values))

test('float32: the bytes are those of the whole difference', async () => {
  const { at, write } = await site()
  const before = weightsOf(Float32Array.from({ length: 150_000 }, (_, i) => Math.sin(i)))
  const after = weightsOf(Float32Array.from({ length: 150_000 }, (_, i) => Math.cos(i)))
  const written = await write({ format: 'float32' }, before, after)
  const expected = encodeSafetensors(deltaOf(after, before))
  expect(written).toEqual({ sha256: sha256(expected), bytes: expected.length })
  expect(Buffer.compare(await readFile(at('update')), expected)).toBe(0)
  expect(existsSync(at('residual'))).toBe(false)
})

test.each(formats)(
  '%p: what is sent and what is left is what was to be said, to the bit',
  async (format) => {
    const { at, write } = await site()
    const zero = new Float32Array(60)
    await write(format, weightsOf(zero), weightsOf(zero))
    await fc.assert(
      fc.asyncProperty(vector(60), async (trained) => {
        const left = valuesIn(await readFile(at('residual')))
        const wanted = trained.map((x, i) => Math.fround(x + left[i]!))
        await write(format, weightsOf(zero), weightsOf(trained))
        const update = await readFile(at('update'))
        expect(Buffer.compare(update, await encodePacked(wanted, format))).toBe(0)
        expect(update).toHaveLength(packedFileBytes({ format, values: 60 }))
        const [sent] = decodePacked(readFrom(update), { bytes: update.length, format, values: 60 })
        const residual = valuesIn(await readFile(at('residual')))
        // In float64, where the sum of two such float32 is exact.
        for (const [i, x] of wanted.entries()) expect(sent![i]! + residual[i]! - x === 0).toBe(true)
      }),
      { numRuns: 30 },
    )
  },
)

test.each(formats)(
  '%p: over many rounds the sum of what was sent follows the sum of what was trained',
  async (format) => {
    const { at, write } = await site()
    const values = 48
    const zero = new Float32Array(values)
    const step = Float32Array.from({ length: values }, (_, i) => (i + 1) / 1000)
    const total = new Float64Array(values)
    const rounds = 40
    for (let round = 0; round < rounds; round += 1) {
      await write(format, weightsOf(zero), weightsOf(step))
      const update = await readFile(at('update'))
      const [sent] = decodePacked(readFrom(update), { bytes: update.length, format, values })
      for (let i = 0; i < values; i += 1) total[i]! += sent![i]!
    }
    const residual = valuesIn(await readFile(at('residual')))
    for (let i = 0; i < values; i += 1)
      expect(total[i]! + residual[i]!).toBeCloseTo(rounds * step[i]!, 5)
  },
)

test.each<WireFormat>([
  { format: 'float32' },
  { format: 'float16' },
  { format: 'int8', block: 16 },
])('%p: the next control variate follows what was sent, to the bit', async (format) => {
  const { at } = await site()
  const values = 150_000
  const wave = (f: (i: number) => number) =>
    weightsOf(Float32Array.from({ length: values }, (_, i) => f(i)))
  const open = async (name: string, arrays: NamedArrays) => {
    await writeFile(at(name), encodeSafetensors(arrays))
    return openWeightsFile(at(name))
  }
  const before = await open('before', wave(Math.sin))
  const after = await open('after', wave(Math.cos))
  const own = await open(
    'own',
    wave((i) => Math.sin(2 * i)),
  )
  const global = await open(
    'global',
    wave((i) => Math.sin(3 * i)),
  )
  const targets = { update: at('update'), residual: at('residual'), control: at('control') }
  const control = { own, global, reach: 0.7 }
  await writeUpdate({ before, after, residual: undefined, control }, format, targets)
  await Promise.all([before, after, own, global].map((file) => file.close()))

  const update = await readFile(at('update'))
  const model = wave(() => 0)
  const sent: number[] = []
  for (const block of decodeUpdate(readFrom(update), { bytes: update.length, format, model }))
    sent.push(...block)
  const delta = Float32Array.from(sent)
  const expected = delta.map(
    (d, i) => Math.fround(Math.sin(2 * i)) - Math.fround(Math.sin(3 * i)) - d / 0.7,
  )
  expect(
    Buffer.compare(await readFile(at('control')), encodeSafetensors(weightsOf(expected))),
  ).toBe(0)
})

test('a control variate that is not finite is not written, and no update either', async () => {
  const { at } = await site()
  const zeros = weightsOf(new Float32Array(50))
  await writeFile(at('before'), encodeSafetensors(zeros))
  await writeFile(at('after'), encodeSafetensors(weightsOf(new Float32Array(50).fill(1e38))))
  const files = await Promise.all(['before', 'after'].map((name) => openWeightsFile(at(name))))
  const [before, after] = files as [WeightsFile, WeightsFile]
  const control = { own: undefined, global: undefined, reach: 1e-3 }
  const targets = { update: at('update'), residual: at('residual'), control: at('control') }
  const written = await writeUpdate(
    { before, after, residual: undefined, control },
    { format: 'float32' },
    targets,
  )
  await Promise.all(files.map((file) => file.close()))
  expect(written).toBeUndefined()
  expect((await readdir(at('.'))).sort()).toEqual(['after', 'before'])
})

test('nothing is written where a value is not finite', async () => {
  for (const format of [{ format: 'float32' } as const, ...formats]) {
    const { at, write } = await site()
    const zeros = weightsOf(new Float32Array(50))
    const broken = new Float32Array(50)
    broken[40] = NaN
    expect(await write(format, zeros, weightsOf(broken))).toBeUndefined()
    expect((await readdir(at('.'))).sort()).toEqual(['after', 'before'])
  }
})

test('WEIGHTS_MISMATCH: other tensors than the base', async () => {
  const { write } = await site()
  const other: NamedArrays = new Map([['a', { shape: [50], data: new Float32Array(50) }]])
  await expect(
    write({ format: 'float32' }, weightsOf(new Float32Array(50)), other),
  ).rejects.toMatchObject({ code: 'WEIGHTS_MISMATCH' })
})
