/** The memory of a fold that reading threads fill and kernels work on. */
import { createKernels, type Kernels } from './simd/kernels.ts'
import { TILE } from './tile.ts'

export interface VectorMemory {
  readonly slots: readonly Float32Array[]
  /** What kernels add to and compare with, `[TILE]`. */
  readonly sums: Float64Array
  /** The four parts of moments. */
  readonly parts: Float64Array
  readonly kernels: Kernels
}

/** Of WebAssembly, in bytes. */
const PAGE = 64 * 1024
const PARTS = 4

export function createVectorMemory({
  slots,
  length,
}: {
  slots: number
  length: number
}): VectorMemory {
  const sumsAt = 8 * PARTS
  const slotsAt = sumsAt + 8 * TILE
  const pages = Math.ceil((slotsAt + 4 * slots * length) / PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  return {
    slots: Array.from(
      { length: slots },
      (_, i) => new Float32Array(memory.buffer, slotsAt + 4 * i * length, length),
    ),
    sums: new Float64Array(memory.buffer, sumsAt, TILE),
    parts: new Float64Array(memory.buffer, 0, PARTS),
    kernels: createKernels(memory, pages),
  }
}
