/**
 * One array of a .npy file, versions 1 and 2 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 * Read: u1, u2, i1, i2, i4, i8, f4 in C order, little endian. Everything else is refused by name.
 */

const MAGIC = '\x93NUMPY'
const MAX_HEADER_BYTES = 64 * 1024
const MAX_RANK = 8

export type NpyData =
  Uint8Array | Uint16Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array

export interface NpyArray {
  readonly shape: readonly number[]
  readonly data: NpyData
}

/** The problem is for a reader who knows which file and which array it is about. */
export type NpyResult =
  | { readonly kind: 'array'; readonly array: NpyArray }
  | { readonly kind: 'problem'; readonly problem: string }

const constructors = {
  '|u1': Uint8Array,
  '<u2': Uint16Array,
  '|i1': Int8Array,
  '<i2': Int16Array,
  '<i4': Int32Array,
  '<i8': BigInt64Array,
  '<f4': Float32Array,
} as const

type Dtype = keyof typeof constructors

export function parseNpy(bytes: Uint8Array): NpyResult {
  const header = readHeader(bytes)
  if (typeof header === 'string') return { kind: 'problem', problem: header }
  const { dtype, shape, dataOffset } = header
  const Data = constructors[dtype]
  const length = shape.reduce((size, n) => size * n, 1)
  const expected = length * Data.BYTES_PER_ELEMENT
  const got = bytes.length - dataOffset
  if (got !== expected) {
    return {
      kind: 'problem',
      problem: `shape [${shape.join(', ')}] of ${dtype} needs ${expected} bytes, there are ${got}`,
    }
  }
  const copy = new Uint8Array(bytes.subarray(dataOffset))
  return { kind: 'array', array: { shape, data: new Data(copy.buffer, 0, length) } }
}

interface Header {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly dataOffset: number
}

/** A header, or what is wrong with it. */
function readHeader(bytes: Uint8Array): Header | string {
  if (bytes.length < 12 || latin1(bytes.subarray(0, 6)) !== MAGIC) return 'it is not a .npy array'
  const version = bytes[6]!
  if (version !== 1 && version !== 2) return `.npy version ${version} is not read, only 1 and 2`
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = version === 1 ? 10 : 12
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > MAX_HEADER_BYTES || start + length > bytes.length)
    return `a header of ${length} bytes`
  return parseHeader(latin1(bytes.subarray(start, start + length)), start + length)
}

/** The header is a Python dict literal with exactly these three keys. */
function parseHeader(text: string, dataOffset: number): Header | string {
  const dtype = /'descr':\s*'([^']+)'/.exec(text)?.[1]
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1]
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(text)?.[1]
  if (dtype === undefined || order === undefined || shape === undefined)
    return 'its header is not understood'
  if (!isDtype(dtype))
    return `values of type ${dtype} are not read, only ${Object.keys(constructors).join(', ')}`
  if (order === 'True') return 'Fortran order is not read'
  const sizes = shape
    .split(',')
    .map((n) => n.trim())
    .filter((n) => n !== '')
    .map(Number)
  if (sizes.length > MAX_RANK || !sizes.every(Number.isSafeInteger)) return `a shape of (${shape})`
  return { dtype, shape: sizes, dataOffset }
}

const isDtype = (text: string): text is Dtype => Object.hasOwn(constructors, text)

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
