import { sizeOf } from '@consilium/weights'
import type { SharedTensor } from './lanes/lane-messages.ts'

/** Named float32 tensors that lie one after the other in one buffer shared between threads. */
export interface SharedBlock {
  /** All values as one view. */
  readonly values: Float32Array
  readonly tensors: ReadonlyMap<string, SharedTensor>
}

export function allocateBlock(
  shapes: Iterable<readonly [name: string, dims: readonly number[]]>,
): SharedBlock {
  const entries = [...shapes]
  const total = entries.reduce((sum, [, dims]) => sum + sizeOf(dims), 0)
  const values = new Float32Array(new SharedArrayBuffer(total * Float32Array.BYTES_PER_ELEMENT))
  const tensors = new Map<string, SharedTensor>()
  let offset = 0
  for (const [name, dims] of entries) {
    const data = values.subarray(offset, offset + sizeOf(dims))
    tensors.set(name, { data, dims })
    offset += data.length
  }
  return { values, tensors }
}

export const allocateTensor = (dims: readonly number[]): SharedTensor =>
  allocateBlock([['', dims]]).tensors.get('')!
