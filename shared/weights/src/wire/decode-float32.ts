/**
 * A delta as safetensors, in blocks: the header is checked against the model, then the values follow as one vector in the
 * model's order. Nothing larger than the header and a block is held; a block holds until the next one is asked for.
 */
import { WeightsFormatError, WeightsMismatchError } from '../errors.ts'
import { bytesOfFloats } from '../float32.ts'
import { countParameters, type Schema } from '../named-arrays.ts'
import { parseSafetensorsSchema, safetensorsHeaderBytes } from '../safetensors.ts'
import { assertSameSchema } from '../schema.ts'
import { BLOCK_VALUES, type ReadBytes } from './read-bytes.ts'

/** `bytes`: of the whole file. Throws WEIGHTS_FORMAT and WEIGHTS_MISMATCH before the first block. */
export function* decodeFloat32(
  read: ReadBytes,
  { bytes, model }: { readonly bytes: number; readonly model: Schema },
): Generator<Float32Array> {
  const headerBytes = safetensorsHeaderBytes(read(8), bytes)
  const values = countParameters(model)
  const dataBytes = bytes - 8 - headerBytes
  assertModel(parseSafetensorsSchema(read(headerBytes), dataBytes), model)
  if (dataBytes !== 4 * values) {
    throw new WeightsFormatError(`${dataBytes} bytes of values, expected ${4 * values}`)
  }
  const room = new Float32Array(Math.min(BLOCK_VALUES, values))
  for (let done = 0; done < values; done += BLOCK_VALUES) {
    const block = room.subarray(0, values - done)
    bytesOfFloats(block).set(read(block.byteLength))
    yield block
  }
}

/** The order counts too: an update is taken as one flat vector. */
function assertModel(schema: Schema, model: Schema): void {
  assertSameSchema(schema, model, 'The update')
  const expected = [...model.keys()]
  if ([...schema.keys()].some((name, i) => name !== expected[i])) {
    const problem = 'it lists its tensors in another order than the model'
    throw new WeightsMismatchError({ what: 'The update', problem })
  }
}
