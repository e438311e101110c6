import { ConsiliumError } from '@consilium/errors'

/** Thrown when bytes are not a well-formed safetensors file of float32 tensors. */
export class WeightsFormatError extends ConsiliumError {
  constructor(problem: string) {
    super({
      code: 'WEIGHTS_FORMAT',
      message: `The weights cannot be read: ${problem}. Expected a safetensors file of little-endian F32 tensors. Fetch or export the file again.`,
    })
  }
}

/** Thrown when two bundles that must have the same tensors do not. */
export class WeightsMismatchError extends ConsiliumError {
  constructor({ what, problem }: { what: string; problem: string }) {
    super({
      code: 'WEIGHTS_MISMATCH',
      message: `${what} does not fit the model: ${problem}. Check that both sides run the same study plan.`,
    })
  }
}
