/**
 * The k-th largest magnitude of a vector that is read in pieces. The bits of a finite float without its sign are in the
 * order of the magnitudes, so two passes that count 15 and 16 of the 31 bits find it, whatever the length.
 */
import type { Passes } from './packing.ts'

export interface Threshold {
  /** The bits of the k-th largest magnitude. */
  readonly threshold: number
  /** How many values of exactly this magnitude belong to the k largest. */
  readonly atThreshold: number
}

export const magnitudes = (piece: Float32Array): Uint32Array =>
  new Uint32Array(piece.buffer, piece.byteOffset, piece.length)

/** `k`: 1 or more, and no more than there are values. */
export async function findThreshold(passes: Passes, k: number): Promise<Threshold> {
  const upper = await countBits(passes, (size) => size >>> 16)
  const high = fromTop(upper, k)
  const lower = await countBits(passes, (size) => (size >>> 16 === high.bits ? size & 0xffff : -1))
  const low = fromTop(lower, high.left)
  return { threshold: high.bits * 0x10000 + low.bits, atThreshold: low.left }
}

async function countBits(passes: Passes, bitsOf: (size: number) => number): Promise<Float64Array> {
  const counts = new Float64Array(0x10000)
  for await (const piece of passes()) {
    const sizes = magnitudes(piece)
    for (let i = 0; i < sizes.length; i += 1) {
      const bits = bitsOf(sizes[i]! & 0x7fffffff)
      if (bits >= 0) counts[bits]! += 1
    }
  }
  return counts
}

/** The highest bits such that `k` values have these or higher ones, and how many of the `k` have exactly these. */
function fromTop(
  counts: Float64Array,
  k: number,
): { readonly bits: number; readonly left: number } {
  let left = k
  for (let bits = counts.length - 1; bits > 0; bits -= 1) {
    if (counts[bits]! >= left) return { bits, left }
    left -= counts[bits]!
  }
  return { bits: 0, left }
}
