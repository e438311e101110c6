import { countParameters, type Schema } from '../named-arrays.ts'
import { decodeFloat32 } from './decode-float32.ts'
import { decodePacked } from './packed-file.ts'
import type { ReadBytes } from './read-bytes.ts'
import type { WireFormat } from './wire-format.ts'

/**
 * The values of an update in any format, in blocks, in the order of the model. `bytes`: of the whole file.
 * Throws WEIGHTS_FORMAT and WEIGHTS_MISMATCH.
 */
export const decodeUpdate = (
  read: ReadBytes,
  { bytes, format, model }: { bytes: number; format: WireFormat; model: Schema },
): Generator<Float32Array> =>
  format.format === 'float32'
    ? decodeFloat32(read, { bytes, model })
    : decodePacked(read, { bytes, format, values: countParameters(model) })
