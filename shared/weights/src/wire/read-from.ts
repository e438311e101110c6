import { WeightsFormatError } from '../errors.ts'
import type { ReadBytes } from './read-bytes.ts'

/** Reads bytes that are in memory from their beginning. Throws WEIGHTS_FORMAT at the end. */
export function readFrom(bytes: Uint8Array): ReadBytes {
  let at = 0
  return (count) => {
    if (at + count > bytes.length)
      throw new WeightsFormatError(`it ends ${at + count - bytes.length} bytes too early`)
    at += count
    return bytes.subarray(at - count, at)
  }
}
