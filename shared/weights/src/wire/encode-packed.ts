import { packedHeader } from './packed-file.ts'
import { packingOf } from './packing-of.ts'
import type { PackedFormat } from './wire-format.ts'

/** The whole file of a vector that is in memory, of finite values. */
export async function encodePacked(
  vector: Float32Array,
  format: PackedFormat,
): Promise<Uint8Array> {
  const values = vector.length
  const { pieceValues, bytes, createPacker } = packingOf(format, values)
  const pieces = Array.from({ length: Math.ceil(values / pieceValues) }, (_, i) =>
    vector.subarray(i * pieceValues, (i + 1) * pieceValues),
  )
  const pack = await createPacker(async function* () {
    yield* await Promise.resolve(pieces)
  })
  const header = packedHeader({ format, values })
  const file = new Uint8Array(header.length + bytes)
  file.set(header)
  let at = header.length
  for (const packed of pieces.map(pack)) {
    file.set(packed, at)
    at += packed.length
  }
  return file
}
