/** A small DICOM file, explicit VR, little or big endian. */

const SHORT_VRS = new Set(['CS', 'UI', 'US', 'SS', 'DS', 'IS'])

type Field = readonly [
  group: number,
  element: number,
  vr: string,
  value: string | number | Uint8Array,
]

export interface DicomToWrite {
  readonly rows: number
  readonly columns: number
  readonly pixelData: Uint8Array
  readonly syntax?: string
  readonly sopClass?: string
  readonly photometric?: string
  readonly samplesPerPixel?: number
  readonly planar?: number
  readonly frames?: number
  readonly bits?: readonly [allocated: number, stored: number]
  readonly signed?: boolean
  readonly rescale?: readonly [slope: number, intercept: number]
  readonly padding?: number
  readonly burnedIn?: string
}

export function makeDicom(image: DicomToWrite): Uint8Array {
  const { syntax = '1.2.840.10008.1.2.1' } = image
  const meta = encode([[0x0002, 0x0010, 'UI', syntax]], true)
  const length = encode([[0x0002, 0x0000, 'UL', meta.length]], true)
  const dataSet = encode(fieldsOf(image), syntax !== '1.2.840.10008.1.2.2')
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, dataSet])
}

function fieldsOf(image: DicomToWrite): readonly Field[] {
  const { bits = [16, 12], signed = false, rescale, padding, burnedIn } = image
  const optional: (Field | false)[] = [
    [0x0008, 0x0016, 'UI', image.sopClass ?? '1.2.840.10008.5.1.4.1.1.1.1'],
    [0x0028, 0x0002, 'US', image.samplesPerPixel ?? 1],
    [0x0028, 0x0004, 'CS', image.photometric ?? 'MONOCHROME2'],
    image.planar !== undefined && [0x0028, 0x0006, 'US', image.planar],
    image.frames !== undefined && [0x0028, 0x0008, 'IS', String(image.frames)],
    [0x0028, 0x0010, 'US', image.rows],
    [0x0028, 0x0011, 'US', image.columns],
    [0x0028, 0x0100, 'US', bits[0]],
    [0x0028, 0x0101, 'US', bits[1]],
    [0x0028, 0x0102, 'US', bits[1] - 1],
    [0x0028, 0x0103, 'US', signed ? 1 : 0],
    padding !== undefined && [0x0028, 0x0120, signed ? 'SS' : 'US', padding],
    burnedIn !== undefined && [0x0028, 0x0301, 'CS', burnedIn],
    rescale !== undefined && [0x0028, 0x1052, 'DS', String(rescale[1])],
    rescale !== undefined && [0x0028, 0x1053, 'DS', String(rescale[0])],
    [0x7fe0, 0x0010, 'OW', image.pixelData],
  ]
  return optional.filter((field): field is Field => Array.isArray(field))
}

function encode(fields: readonly Field[], little: boolean): Buffer {
  return Buffer.concat(fields.flatMap((field) => encodeField(field, little)))
}

function encodeField([group, element, vr, value]: Field, little: boolean): Buffer[] {
  const body = encodeValue(vr, value, little)
  const short = SHORT_VRS.has(vr) || vr === 'UL'
  const length = short
    ? number(body.length, 2, little)
    : Buffer.concat([Buffer.alloc(2), number(body.length, 4, little)])
  return [number(group, 2, little), number(element, 2, little), Buffer.from(vr), length, body]
}

function encodeValue(vr: string, value: Field[3], little: boolean): Buffer {
  if (typeof value === 'number') return number(value, vr === 'UL' ? 4 : 2, little)
  const bytes = Buffer.from(value)
  if (bytes.length % 2 === 0) return bytes
  return Buffer.concat([
    bytes,
    Buffer.from(vr === 'UI' ? '\0' : typeof value === 'string' ? ' ' : '\0'),
  ])
}

function number(value: number, bytes: 2 | 4, little: boolean): Buffer {
  const buffer = Buffer.alloc(bytes)
  const unsigned = value < 0 ? value + 2 ** (8 * bytes) : value
  if (little) buffer.writeUIntLE(unsigned, 0, bytes)
  else buffer.writeUIntBE(unsigned, 0, bytes)
  return buffer
}
