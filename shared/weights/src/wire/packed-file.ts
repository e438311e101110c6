/**
 * A delta in a packed format: a safetensors file with one tensor, `update`, and the format with its numbers as metadata. Header
 * and length follow from the format and the number of values, so a reader knows every byte but the values beforehand.
 */
import { WeightsFormatError } from '../errors.ts'
import { encodeHeader } from '../safetensors.ts'
import type { Packing } from './packing.ts'
import { packingOf } from './packing-of.ts'
import type { ReadBytes } from './read-bytes.ts'
import type { PackedFormat } from './wire-format.ts'

export interface Packed {
  readonly format: PackedFormat
  /** Length of the vector. */
  readonly values: number
}

export const packedHeader = (packed: Packed): Uint8Array =>
  headerOf(packed, packingOf(packed.format, packed.values))

/** Of the whole file. */
export function packedFileBytes(packed: Packed): number {
  const packing = packingOf(packed.format, packed.values)
  return headerOf(packed, packing).length + packing.bytes
}

function headerOf({ format, values }: Packed, { bytes, dtype }: Packing): Uint8Array {
  const metadata = Object.entries({ ...format, values }).map(([key, value]) => [key, `${value}`])
  const shape = [dtype === 'F16' ? bytes / 2 : bytes]
  return encodeHeader({
    __metadata__: Object.fromEntries(metadata),
    update: { dtype, shape, data_offsets: [0, bytes] },
  })
}

/**
 * The values, in pieces. `bytes`: of the whole file; nothing is read of one that has not exactly as many as it must.
 * Throws WEIGHTS_FORMAT.
 */
export function* decodePacked(
  read: ReadBytes,
  { bytes, ...packed }: Packed & { readonly bytes: number },
): Generator<Float32Array> {
  const packing = packingOf(packed.format, packed.values)
  const header = headerOf(packed, packing)
  const expected = header.length + packing.bytes
  if (bytes !== expected) {
    throw new WeightsFormatError(
      `it has ${bytes} bytes; ${packed.values} values in ${packed.format.format} have ${expected}`,
    )
  }
  if (!sameBytes(read(header.length), header)) {
    const text = new TextDecoder().decode(header.subarray(8)).trimEnd()
    throw new WeightsFormatError(`its header is not ${text}`)
  }
  for (let done = 0; done < packed.values; done += packing.pieceValues)
    yield packing.unpack(read, Math.min(packing.pieceValues, packed.values - done))
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])
