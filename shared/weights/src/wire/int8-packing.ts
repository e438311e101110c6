/**
 * Blocks of values as a float32 scale, a 127th of the block's largest magnitude, and a whole number of scales for each value,
 * -127 to 127 (block-wise absmax quantisation, Dettmers et al. 2022, arXiv 2110.02861, section 2.1, with a linear code).
 */
import type { Packing } from './packing.ts'
import { BLOCK_VALUES } from './read-bytes.ts'

const LARGEST = 127

export const int8Packing = (values: number, block: number): Packing => ({
  // Whole blocks.
  pieceValues: block * Math.max(1, Math.floor(BLOCK_VALUES / block)),
  bytes: packedBytes(values, block),
  dtype: 'U8',
  createPacker: () => Promise.resolve((piece) => pack(piece, block)),
  unpack: (read, count) => unpack(read(packedBytes(count, block)), { count, block }),
})

const packedBytes = (values: number, block: number): number =>
  4 * Math.ceil(values / block) + values

function pack(piece: Float32Array, block: number): Uint8Array {
  const bytes = new Uint8Array(packedBytes(piece.length, block))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (let begin = 0; begin < piece.length; begin += block) {
    const end = Math.min(begin + block, piece.length)
    const scale = scaleOf(piece, begin, end)
    view.setFloat32(at, scale, true)
    at += 4
    const perScale = scale === 0 ? 0 : 1 / scale
    for (let i = begin; i < end; i += 1, at += 1) {
      // A scale that was rounded down, as small ones are, leaves values above 127.
      const code = Math.round(piece[i]! * perScale)
      bytes[at] = code > LARGEST ? LARGEST : code < -LARGEST ? -LARGEST : code
    }
  }
  return bytes
}

function scaleOf(piece: Float32Array, begin: number, end: number): number {
  let largest = 0
  for (let i = begin; i < end; i += 1) {
    const magnitude = Math.abs(piece[i]!)
    if (magnitude > largest) largest = magnitude
  }
  return Math.fround(largest / LARGEST)
}

function unpack(
  bytes: Uint8Array,
  { count, block }: { count: number; block: number },
): Float32Array {
  const piece = new Float32Array(count)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  for (let begin = 0; begin < count; begin += block) {
    const end = Math.min(begin + block, count)
    const scale = view.getFloat32(at, true)
    at += 4
    for (let i = begin; i < end; i += 1, at += 1) piece[i] = codes[at]! * scale
  }
  return piece
}
