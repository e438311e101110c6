/**
 * safetensors (https://github.com/huggingface/safetensors#format): 8 bytes header length, a JSON header, raw data.
 * We write F32 tensors sorted by name with the header padded to 8 bytes, so the same weights always give the same bytes.
 * Not read: other dtypes.
 */
import { WeightsFormatError } from './errors.ts'
import { bytesOfFloats, floatsFromBytes } from './float32.ts'
import { sizeOf, type NamedArray, type NamedArrays } from './named-arrays.ts'

/** A header larger than this is refused: R152x2's is 60 kB. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024

export type Metadata = Readonly<Record<string, string>>

export interface Safetensors {
  readonly arrays: NamedArrays
  readonly metadata: Metadata
}

export function encodeSafetensors(arrays: NamedArrays, metadata: Metadata = {}): Uint8Array {
  const names = [...arrays.keys()].sort()
  const header = new TextEncoder().encode(headerText(arrays, names, metadata))
  const dataBytes = names.reduce((total, name) => total + arrays.get(name)!.data.byteLength, 0)
  const file = new Uint8Array(8 + header.length + dataBytes)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, 8)
  let offset = 8 + header.length
  for (const name of names) {
    const bytes = bytesOfFloats(arrays.get(name)!.data)
    file.set(bytes, offset)
    offset += bytes.length
  }
  return file
}

function headerText(arrays: NamedArrays, names: readonly string[], metadata: Metadata): string {
  const header: Record<string, unknown> = {}
  const keys = Object.keys(metadata).sort()
  if (keys.length > 0)
    header['__metadata__'] = Object.fromEntries(keys.map((k) => [k, metadata[k]]))
  let begin = 0
  for (const name of names) {
    const { shape, data } = arrays.get(name)!
    if (sizeOf(shape) !== data.length) {
      throw new WeightsFormatError(
        `tensor '${name}' has ${data.length} values for shape [${shape.join(', ')}]`,
      )
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, begin + data.byteLength] }
    begin += data.byteLength
  }
  const text = JSON.stringify(header)
  const bytes = new TextEncoder().encode(text).length
  return text + ' '.repeat((8 - (bytes % 8)) % 8)
}

export function decodeSafetensors(file: Uint8Array): Safetensors {
  if (file.length < 8) throw new WeightsFormatError(`only ${file.length} bytes`)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const headerBytes = Number(view.getBigUint64(0, true))
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > file.length) {
    throw new WeightsFormatError(
      `the header claims ${headerBytes} bytes of a file of ${file.length}`,
    )
  }
  const header = parseHeader(file.subarray(8, 8 + headerBytes))
  const body = file.subarray(8 + headerBytes)
  const arrays = new Map<string, NamedArray>()
  let expected = 0
  for (const { name, shape, begin, end } of parseEntries(header)) {
    if (begin !== expected || end > body.length) {
      throw new WeightsFormatError(
        `tensor '${name}' lies at ${begin}..${end}, expected it to begin at ${expected} within ${body.length} bytes`,
      )
    }
    arrays.set(name, { shape, data: floatsFromBytes(body.subarray(begin, end)) })
    expected = end
  }
  if (expected !== body.length)
    throw new WeightsFormatError(`${body.length - expected} bytes belong to no tensor`)
  return { arrays, metadata: parseMetadata(header['__metadata__']) }
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof header === 'object' && header !== null) return { ...header }
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause
  }
  throw new WeightsFormatError('the header is not a JSON object')
}

interface Entry {
  readonly name: string
  readonly shape: number[]
  readonly begin: number
  readonly end: number
}

/** In the order of the data: JSON objects move integer-like names to the front. */
function parseEntries(header: Record<string, unknown>): Entry[] {
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => parseEntry(name, entry))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
}

function parseEntry(name: string, entry: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
  if (dtype !== 'F32')
    throw new WeightsFormatError(`tensor '${name}' has dtype ${JSON.stringify(dtype)}`)
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw new WeightsFormatError(`tensor '${name}' has no valid shape and offsets`)
  }
  const [begin, end] = offsets as [number, number]
  if (end - begin !== 4 * sizeOf(shape)) {
    throw new WeightsFormatError(
      `tensor '${name}' of shape [${shape.join(', ')}] spans ${end - begin} bytes, expected ${4 * sizeOf(shape)}`,
    )
  }
  return { name, shape, begin, end }
}

const isSizes = (x: unknown): x is number[] =>
  Array.isArray(x) && x.length <= 8 && x.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)

function parseMetadata(metadata: unknown): Metadata {
  if (metadata === undefined) return {}
  if (typeof metadata !== 'object' || metadata === null)
    throw new WeightsFormatError('__metadata__ is not an object')
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]))
}
