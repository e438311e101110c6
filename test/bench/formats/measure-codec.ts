/** How long it takes to write a parameter set in a format and to read it again, header included, all in memory. */
import { createStream } from '@consilium/random'
import {
  countParameters,
  decodePacked,
  decodeSafetensors,
  encodePacked,
  encodeSafetensors,
  readFrom,
  type NamedArray,
  type NamedArrays,
  type WireFormat,
} from '@consilium/weights'

export interface CodecResult {
  readonly bytesPerParameter: number
  /** Quickest of REPEATS. */
  readonly encodeMs: number
  readonly decodeMs: number
}

const REPEATS = 5

/** Of the tensors, near a large convolution's. */
const TENSOR_VALUES = 512 * 512 * 9

/** Values that look like an update's, in a few large tensors. */
export function madeUpUpdate(parameters: number): NamedArrays {
  const stream = createStream(0, 'codec')
  const sample = Float32Array.from({ length: 65_536 }, () => stream.normal(0, 0.001))
  const count = Math.ceil(parameters / TENSOR_VALUES)
  return new Map(
    Array.from({ length: count }, (_, i): [string, NamedArray] => {
      const length = Math.min(TENSOR_VALUES, parameters - i * TENSOR_VALUES)
      const data = new Float32Array(length)
      for (let at = 0; at < length; at += sample.length)
        data.set(sample.subarray(0, Math.min(sample.length, length - at)), at)
      return [`tensor-${String(i).padStart(3, '0')}`, { shape: [length], data }]
    }),
  )
}

export async function measureCodec(format: WireFormat, update: NamedArrays): Promise<CodecResult> {
  const values = countParameters(update)
  const { encode, decode } = codecOf(format, update)
  let [encodeMs, decodeMs, bytes] = [Infinity, Infinity, 0]
  for (let i = 0; i < REPEATS; i += 1) {
    const begin = performance.now()
    const file = await encode()
    const encoded = performance.now()
    decode(file)
    const decoded = performance.now()
    bytes = file.length
    encodeMs = Math.min(encodeMs, encoded - begin)
    decodeMs = Math.min(decodeMs, decoded - encoded)
  }
  return { bytesPerParameter: bytes / values, encodeMs, decodeMs }
}

interface Codec {
  readonly encode: () => Promise<Uint8Array>
  readonly decode: (file: Uint8Array) => void
}

function codecOf(format: WireFormat, update: NamedArrays): Codec {
  if (format.format === 'float32') {
    return {
      encode: () => Promise.resolve(encodeSafetensors(update)),
      decode: (file) => decodeSafetensors(file),
    }
  }
  const values = countParameters(update)
  const vector = new Float32Array(values)
  let at = 0
  for (const { data } of update.values()) {
    vector.set(data, at)
    at += data.length
  }
  return {
    encode: () => encodePacked(vector, format),
    decode: (file) => {
      const blocks = decodePacked(readFrom(file), { bytes: file.length, format, values })
      let done = 0
      for (const block of blocks) {
        vector.set(block, done)
        done += block.length
      }
    },
  }
}
