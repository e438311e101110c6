export {
  countParameters,
  selectArrays,
  sizeOf,
  type NamedArray,
  type NamedArrays,
  type Schema,
} from './named-arrays.ts'
export { bytesOfFloats, floatsFromBytes } from './float32.ts'
export {
  decodeSafetensors,
  encodeSafetensors,
  encodeSafetensorsHeader,
  parseSafetensorsSchema,
  safetensorsHeaderBytes,
  type Metadata,
  type Safetensors,
} from './safetensors.ts'
export { assertSameSchema } from './schema.ts'
export { decodeFloat32 } from './wire/decode-float32.ts'
export { decodeUpdate } from './wire/decode-update.ts'
export { encodePacked } from './wire/encode-packed.ts'
export { readFrom } from './wire/read-from.ts'
export { decodePacked, packedFileBytes, packedHeader, type Packed } from './wire/packed-file.ts'
export { packingOf } from './wire/packing-of.ts'
export type { Packer, Packing, Passes } from './wire/packing.ts'
export type { PackedFormat, WireFormat } from './wire/wire-format.ts'
export { BLOCK_VALUES, type ReadBytes } from './wire/read-bytes.ts'
export { allFinite } from './all-finite.ts'
export { findNonFinite } from './non-finite.ts'
export { applyDelta, deltaOf } from './delta.ts'
export { isSha256, sha256 } from './sha256.ts'
export { WeightsFormatError, WeightsMismatchError } from './errors.ts'
