import type { VectorMemory } from './vector-memory.ts'

/** A stretch of coordinates small enough that every update's part of it stays in the cache while it is worked on. */
export interface Tile {
  /** One of the memory's slots. Update `i` has its values at `first + i * stride`, `count` of them. */
  readonly values: Float32Array
  readonly first: number
  readonly stride: number
  readonly count: number
  /** What each update is multiplied by before anything else: 1, or less where its norm is bounded. `[n]` */
  readonly scales: readonly number[]
  readonly memory: VectorMemory
}

/** Coordinates of a tile. Sums run over a tile first, so results depend on this and not on the size of a block. */
export const TILE = 4096

/** Kernels take four values at a time; those left over at the end of a tile are the caller's. */
export const wholeFours = (count: number): number => count - (count % 4)

/** Of update `i` in the memory, in bytes. */
export const rowAddress = ({ values, first, stride }: Tile, i: number): number =>
  values.byteOffset + 4 * (first + i * stride)
