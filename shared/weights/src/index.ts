export {
  countParameters,
  selectArrays,
  sizeOf,
  type NamedArray,
  type NamedArrays,
} from './named-arrays.ts'
export { bytesOfFloats, floatsFromBytes } from './float32.ts'
export {
  decodeSafetensors,
  encodeSafetensors,
  type Metadata,
  type Safetensors,
} from './safetensors.ts'
export { assertSameSchema } from './schema.ts'
export { findNonFinite } from './non-finite.ts'
export { applyDelta, deltaOf } from './delta.ts'
export { isSha256, sha256 } from './sha256.ts'
export { WeightsFormatError, WeightsMismatchError } from './errors.ts'
