/**
 * safetensors (https://github.com/huggingface/safetensors#format): 8 bytes header length, a JSON header, raw data.
 * We write F32 tensors sorted by name with the header padded to 8 bytes, so the same weights always give the same bytes.
 * Not read: other dtypes.
 */
import { WeightsFormatError } from './errors.ts'
import { bytesOfFloats, floatsFromBytes } from './float32.ts'
import { sizeOf, type NamedArray, type NamedArrays, type Schema } from './named-arrays.ts'

/** A header larger than this is refused: R152x2's is 60 kB. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024

export type Metadata = Readonly<Record<string, string>>

export interface Safetensors {
  readonly arrays: NamedArrays
  readonly metadata: Metadata
}

export function encodeSafetensors(arrays: NamedArrays, metadata: Metadata = {}): Uint8Array {
  assertSizes(arrays)
  const names = [...arrays.keys()].sort()
  const header = encodeHeader(headerOf(arrays, names, metadata))
  const dataBytes = names.reduce((total, name) => total + arrays.get(name)!.data.byteLength, 0)
  const file = new Uint8Array(header.length + dataBytes)
  file.set(header)
  let offset = header.length
  for (const name of names) {
    const bytes = bytesOfFloats(arrays.get(name)!.data)
    file.set(bytes, offset)
    offset += bytes.length
  }
  return file
}

function assertSizes(arrays: NamedArrays): void {
  for (const [name, { shape, data }] of arrays) {
    if (sizeOf(shape) !== data.length) {
      throw new WeightsFormatError(
        `tensor '${name}' has ${data.length} values for shape [${shape.join(', ')}]`,
      )
    }
  }
}

type Header = Readonly<Record<string, unknown>>

function headerOf(schema: Schema, names: readonly string[], metadata: Metadata): Header {
  const header: Record<string, unknown> = {}
  const keys = Object.keys(metadata).sort()
  if (keys.length > 0)
    header['__metadata__'] = Object.fromEntries(keys.map((k) => [k, metadata[k]]))
  let begin = 0
  for (const name of names) {
    const { shape } = schema.get(name)!
    const end = begin + 4 * sizeOf(shape)
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] }
    begin = end
  }
  return header
}

/** The beginning of a file: the header's length and the header, padded so that the values begin at a multiple of 8. */
export function encodeHeader(header: Header): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header))
  const length = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + length).fill(' '.charCodeAt(0))
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(json, 8)
  return bytes
}

/** What `encodeSafetensors` writes before the values of any weights of this schema; they follow as one vector. */
export const encodeSafetensorsHeader = (schema: Schema): Uint8Array =>
  encodeHeader(headerOf(schema, [...schema.keys()].sort(), {}))

export function decodeSafetensors(file: Uint8Array): Safetensors {
  const headerBytes = safetensorsHeaderBytes(file.subarray(0, 8), file.length)
  const body = file.subarray(8 + headerBytes)
  const header = parseHeader(file.subarray(8, 8 + headerBytes))
  const arrays = new Map<string, NamedArray>()
  for (const { name, shape, begin, end } of parseEntries(header, body.length)) {
    arrays.set(name, { shape, data: floatsFromBytes(body.subarray(begin, end)) })
  }
  return { arrays, metadata: parseMetadata(header['__metadata__']) }
}

/** Length of the header that follows the first 8 bytes of a file of `fileBytes`. Throws WEIGHTS_FORMAT. */
export function safetensorsHeaderBytes(first8: Uint8Array, fileBytes: number): number {
  if (first8.length < 8) throw new WeightsFormatError(`only ${first8.length} bytes`)
  const headerBytes = Number(
    new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true),
  )
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > fileBytes) {
    throw new WeightsFormatError(`the header claims ${headerBytes} bytes of a file of ${fileBytes}`)
  }
  return headerBytes
}

/** The tensors a header lists, in the order of their values, which fill `dataBytes` without gaps. Throws WEIGHTS_FORMAT. */
export function parseSafetensorsSchema(header: Uint8Array, dataBytes: number): Schema {
  return new Map(parseEntries(parseHeader(header), dataBytes).map((entry) => [entry.name, entry]))
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
function parseEntries(header: Record<string, unknown>, dataBytes: number): Entry[] {
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => parseEntry(name, entry))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  let expected = 0
  for (const { name, begin, end } of entries) {
    if (begin !== expected || end > dataBytes) {
      throw new WeightsFormatError(
        `tensor '${name}' lies at ${begin}..${end}, expected it to begin at ${expected} within ${dataBytes} bytes`,
      )
    }
    expected = end
  }
  if (expected !== dataBytes)
    throw new WeightsFormatError(`${dataBytes - expected} bytes belong to no tensor`)
  return entries
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
