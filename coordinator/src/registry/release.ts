/** The release: the backbone of the last global model, without the projector, as a file of its own. */
import {
  countParameters,
  decodeSafetensors,
  encodeSafetensors,
  selectArrays,
} from '@consilium/weights'
import type { BlobStore } from '../blobs/blob-store.ts'
import type { ModelRecord } from '../journal/journal-event.ts'
import type { StudyState } from '../rounds/study-state.ts'

/** Tensors of the backbone have names below this one; the others only serve the training. */
const BACKBONE = 'backbone/'

/** Writes the release of a study whose rounds are over. Doing it again gives the same file. */
export async function writeRelease(state: StudyState, blobs: BlobStore): Promise<ModelRecord> {
  const { arrays } = decodeSafetensors(await blobs.read(state.model.sha256))
  const backbone = selectArrays(arrays, (name) => name.startsWith(BACKBONE))
  const metadata = {
    study: state.plan.name,
    plan_sha256: state.planSha256,
    model_sha256: state.model.sha256,
    rounds: String(state.rounds.length),
  }
  const blob = await blobs.write([encodeSafetensors(backbone, metadata)])
  return { ...blob, parameters: countParameters(backbone) }
}
