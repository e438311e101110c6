/** Whether the bytes of an update may be folded: the digest they were announced with, the model's tensors, all finite. */
import {
  assertSameSchema,
  decodeSafetensors,
  findNonFinite,
  WeightsFormatError,
  WeightsMismatchError,
  type NamedArrays,
} from '@consilium/weights'
import type { PartialUpload } from '../blobs/partial-upload.ts'
import { UpdateRefusedError } from '../errors.ts'

export interface ExpectedUpdate {
  readonly site: string
  readonly round: number
  readonly sha256: string
  readonly model: NamedArrays
}

/** Throws UpdateRefusedError. */
export async function checkUpdate(upload: PartialUpload, expected: ExpectedUpdate): Promise<void> {
  const what = `The update of ${expected.site} for round ${expected.round}`
  const digest = await upload.digest()
  if (digest !== expected.sha256) {
    throw new UpdateRefusedError({
      code: 'UPDATE_DIGEST_MISMATCH',
      message: `${what} arrived with SHA-256 ${digest}, announced was ${expected.sha256}. Send it again from the beginning.`,
      retryable: true,
    })
  }
  const arrays = decode(await upload.read(), what)
  checkSchema(arrays, expected.model, what)
  const bad = findNonFinite(arrays)
  if (bad !== undefined) {
    throw new UpdateRefusedError({
      code: 'UPDATE_NOT_FINITE',
      message: `${what} holds a NaN or an infinity in tensor '${bad}'. Its training diverged: look at the site's own log.`,
    })
  }
}

function decode(bytes: Uint8Array, what: string): NamedArrays {
  try {
    return decodeSafetensors(bytes).arrays
  } catch (cause) {
    if (!(cause instanceof WeightsFormatError)) throw cause
    throw new UpdateRefusedError({
      code: 'UPDATE_FORMAT',
      message: `${what} cannot be read. ${cause.message}`,
      cause,
    })
  }
}

/** The order counts too: aggregation takes an update as one flat vector (aggregation/fold-files.ts). */
function checkSchema(arrays: NamedArrays, model: NamedArrays, what: string): void {
  try {
    assertSameSchema(arrays, model, what)
  } catch (cause) {
    if (!(cause instanceof WeightsMismatchError)) throw cause
    throw new UpdateRefusedError({ code: 'UPDATE_SHAPE_MISMATCH', message: cause.message, cause })
  }
  const expectedNames = [...model.keys()]
  if ([...arrays.keys()].some((name, i) => name !== expectedNames[i])) {
    throw new UpdateRefusedError({
      code: 'UPDATE_SHAPE_MISMATCH',
      message: `${what} lists its tensors in another order than by name. Write it with a released version of Consilium.`,
    })
  }
}
