/** Every value as the nearest half, 2 bytes each. */
import { wordsFromBytes } from '../float32.ts'
import { halfOf, halfValues } from './half.ts'
import type { Packing } from './packing.ts'
import { BLOCK_VALUES } from './read-bytes.ts'

export const float16Packing = (values: number): Packing => ({
  pieceValues: BLOCK_VALUES,
  bytes: 2 * values,
  dtype: 'F16',
  createPacker: () => Promise.resolve(pack),
  unpack(read, count) {
    const halves = wordsFromBytes(read(2 * count))
    const table = halfValues()
    const piece = new Float32Array(count)
    for (let i = 0; i < count; i += 1) piece[i] = table[halves[i]!]!
    return piece
  },
})

function pack(piece: Float32Array): Uint8Array {
  const halves = new Uint16Array(piece.length)
  for (let i = 0; i < piece.length; i += 1) halves[i] = halfOf(piece[i]!)
  return new Uint8Array(halves.buffer)
}
