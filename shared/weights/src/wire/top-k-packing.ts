/**
 * The k values of the largest magnitude, whole, with their positions; all others are 0 (Aji & Heafield 2017, arXiv 1704.05021).
 * A piece is a count, so many positions within the piece in 2 bytes each, ascending, and as many values. Of equal magnitudes
 * the first ones are sent.
 */
import { WeightsFormatError } from '../errors.ts'
import { bytesOfFloats, floatsFromBytes, wordsFromBytes } from '../float32.ts'
import { findThreshold, magnitudes } from './find-threshold.ts'
import type { Packer, Packing, Passes } from './packing.ts'
import { BLOCK_VALUES, type ReadBytes } from './read-bytes.ts'

/** Bytes of a count, and of a position and its value. */
const COUNT_SIZE = 4
const KEPT_SIZE = 2 + 4

export function topKPacking(values: number, fraction: number): Packing {
  const kept = Math.min(values, Math.ceil(fraction * values))
  return {
    pieceValues: BLOCK_VALUES,
    bytes: COUNT_SIZE * Math.ceil(values / BLOCK_VALUES) + KEPT_SIZE * kept,
    dtype: 'U8',
    createPacker: (passes) => createPacker(passes, kept),
    unpack,
  }
}

async function createPacker(passes: Passes, kept: number): Promise<Packer> {
  const { threshold, atThreshold } = await findThreshold(passes, kept)
  let ties = atThreshold
  return (piece) => {
    const positions = new Uint16Array(piece.length)
    const sizes = magnitudes(piece)
    let count = 0
    for (let i = 0; i < piece.length; i += 1) {
      const size = sizes[i]! & 0x7fffffff
      if (size > threshold || (size === threshold && ties > 0)) {
        if (size === threshold) ties -= 1
        positions[count] = i
        count += 1
      }
    }
    return join(positions.subarray(0, count), piece)
  }
}

function join(positions: Uint16Array, piece: Float32Array): Uint8Array {
  const count = positions.length
  const bytes = new Uint8Array(COUNT_SIZE + KEPT_SIZE * count)
  new DataView(bytes.buffer).setUint32(0, count, true)
  bytes.set(new Uint8Array(positions.buffer, 0, 2 * count), COUNT_SIZE)
  const sent = Float32Array.from(positions, (position) => piece[position]!)
  bytes.set(bytesOfFloats(sent), COUNT_SIZE + 2 * count)
  return bytes
}

function unpack(read: ReadBytes, values: number): Float32Array {
  const head = read(COUNT_SIZE)
  const count = new DataView(head.buffer, head.byteOffset).getUint32(0, true)
  if (count > values)
    throw new WeightsFormatError(`it keeps ${count} values of a piece of ${values}`)
  const positions = wordsFromBytes(read(2 * count))
  const kept = floatsFromBytes(read(4 * count))
  const piece = new Float32Array(values)
  let before = -1
  for (let i = 0; i < count; i += 1) {
    const position = positions[i]!
    if (position <= before || position >= values)
      throw new WeightsFormatError(`position ${position} follows ${before} in a piece of ${values}`)
    piece[position] = kept[i]!
    before = position
  }
  return piece
}
