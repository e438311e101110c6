import { deflateRawSync } from 'node:zlib'
import { makeDicom, type DicomToWrite } from '../testing/make-dicom.ts'
import { decodeDicom } from './decode-dicom.ts'
import type { RawImage } from './raw-image.ts'

const words = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(Uint16Array.from(values).buffer)

const image = (overrides: Partial<DicomToWrite> = {}): DicomToWrite => ({
  rows: 1,
  columns: 3,
  pixelData: words(0, 100, 4095),
  ...overrides,
})

function decode(overrides?: Partial<DicomToWrite>): RawImage[] {
  const decoded = decodeDicom(makeDicom(image(overrides)))
  if (decoded.kind === 'skipped') throw new Error(decoded.reason)
  return [...decoded.images]
}

const valuesOf = (overrides?: Partial<DicomToWrite>): number[][] =>
  decode(overrides).map(({ samples }) => [...samples])

test('grey values are rescaled to modality values', () => {
  expect(decode({ rescale: [2, -1000] })).toEqual([
    {
      width: 3,
      height: 1,
      channels: 1,
      samples: Float32Array.of(-1000, -800, 7190),
      scale: 'values',
    },
  ])
})

test('MONOCHROME1 is negated, so that more is brighter', () => {
  expect(valuesOf({ photometric: 'MONOCHROME1' })).toEqual([[-0, -100, -4095]])
})

test('bits above the stored ones are ignored and the sign is that of the stored bits', () => {
  expect(valuesOf({ pixelData: words(0xf001, 0x0fff, 0x0800) })).toEqual([[1, 4095, 2048]])
  expect(valuesOf({ pixelData: words(0xf001, 0x0fff, 0x0800), signed: true })).toEqual([
    [1, -1, -2048],
  ])
})

test('big endian files and deflated files give the same values', () => {
  const swapped = Uint8Array.of(0, 0, 0, 100, 0x0f, 0xff)
  expect(valuesOf({ syntax: '1.2.840.10008.1.2.2', pixelData: swapped })).toEqual([[0, 100, 4095]])
  const plain = Buffer.from(makeDicom(image({ syntax: '1.2.840.10008.1.2.1.99' })))
  const dataSet = plain.indexOf(Buffer.from([0x08, 0, 0x16, 0]))
  const deflated = Buffer.concat([
    plain.subarray(0, dataSet),
    deflateRawSync(plain.subarray(dataSet)),
  ])
  expect(decodeDicom(deflated)).toMatchObject({ kind: 'images', format: 'DICOM, grey, 12-bit' })
})

test('every frame is an image', () => {
  expect(valuesOf({ columns: 1, frames: 3 })).toEqual([[0], [100], [4095]])
})

test('padding is marked, in its stored value', () => {
  const [padded] = decode({ padding: 100, rescale: [2, 0] })
  expect([...padded!.padding!]).toEqual([0, 1, 0])
})

test('RGB is the same pixel by pixel and plane by plane', () => {
  const rgb = { columns: 2, photometric: 'RGB', samplesPerPixel: 3, bits: [8, 8] } as const
  const expected = [[1, 2, 3, 4, 5, 6]]
  expect(valuesOf({ ...rgb, planar: 0, pixelData: Uint8Array.of(1, 2, 3, 4, 5, 6) })).toEqual(
    expected,
  )
  expect(valuesOf({ ...rgb, planar: 1, pixelData: Uint8Array.of(1, 4, 2, 5, 3, 6) })).toEqual(
    expected,
  )
})

test.each<[string, Partial<DicomToWrite>]>([
  ['DICOM with burnt-in annotation', { burnedIn: 'YES' }],
  ['DICOM secondary capture', { sopClass: '1.2.840.10008.5.1.4.1.1.7' }],
  ['DICOM secondary capture', { sopClass: '1.2.840.10008.5.1.4.1.1.7.2' }],
  ['DICOM photometric interpretation PALETTE COLOR is not read', { photometric: 'PALETTE COLOR' }],
  [
    'DICOM transfer syntax JPEG 2000 (1.2.840.10008.1.2.4.91) is not read',
    { syntax: '1.2.840.10008.1.2.4.91' },
  ],
  ['DICOM with 1 bits per sample', { bits: [1, 1] }],
  ['DICOM with bits 16/17/16 (allocated/stored/high)', { bits: [16, 17] }],
  ['DICOM with 3 samples per pixel', { samplesPerPixel: 3 }],
  ['DICOM without rows, columns or frames', { rows: 0 }],
  ['damaged or truncated DICOM file', { rows: 2 }],
])('left out: %s', (reason, overrides) => {
  expect(decodeDicom(makeDicom(image(overrides)))).toEqual({ kind: 'skipped', reason })
})

test('a file cut off anywhere is left out, with a reason that does not quote it', () => {
  const whole = makeDicom(image())
  for (let length = 132; length < whole.length; length += 1) {
    expect(decodeDicom(whole.subarray(0, length))).toMatchObject({
      kind: 'skipped',
      reason: expect.stringMatching(/^DICOM|^damaged/) as string,
    })
  }
})
