/** What turns weights into the bytes that travel, and back. */
import { countParameters, decodeSafetensors, encodeSafetensors } from '@consilium/weights'
import type { NamedArrays } from '@consilium/weights'
import { medianOf } from './median-of.ts'

export interface CodecResult {
  readonly encodeMs: number
  readonly decodeMs: number
  /** Header included. */
  readonly bytesPerParameter: number
}

/** The first turns compile the code and touch the memory. */
const WARM_UP_TURNS = 2
const TURNS = 9

/** Medians. */
export function measureCodec(weights: NamedArrays, clock: () => number): CodecResult {
  const encodeMs: number[] = []
  const decodeMs: number[] = []
  let bytes = 0
  for (let turn = 0; turn < WARM_UP_TURNS + TURNS; turn += 1) {
    const startedAt = clock()
    const file = encodeSafetensors(weights)
    const encodedAt = clock()
    const { arrays } = decodeSafetensors(file)
    const decodedAt = clock()
    if (countParameters(arrays) !== countParameters(weights)) throw new Error('internal: lost some')
    bytes = file.length
    if (turn < WARM_UP_TURNS) continue
    encodeMs.push(encodedAt - startedAt)
    decodeMs.push(decodedAt - encodedAt)
  }
  return {
    encodeMs: medianOf(encodeMs),
    decodeMs: medianOf(decodeMs),
    bytesPerParameter: bytes / countParameters(weights),
  }
}
