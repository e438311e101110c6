/** One way of writing a vector of a known length in pieces, each of which can be read without the others. */
import type { ReadBytes } from './read-bytes.ts'

export interface Packing {
  /** Values of a piece; the last piece has what is left. */
  readonly pieceValues: number
  /** Of all pieces together, exactly. */
  readonly bytes: number
  /** safetensors' name for the elements of `bytes`, and how many bytes each has. */
  readonly dtype: 'F16' | 'U8'
  /** `passes` reads the vector from its beginning in pieces, as often as it is called. */
  readonly createPacker: (passes: Passes) => Promise<Packer>
  /** The next piece, of `count` values. Throws WEIGHTS_FORMAT; not for values that are not finite. */
  readonly unpack: (read: ReadBytes, count: number) => Float32Array
}

export type Passes = () => AsyncIterable<Float32Array>

/** Takes the pieces in their order, finite values only. */
export type Packer = (piece: Float32Array) => Uint8Array
