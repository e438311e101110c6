/** What a site adds to its gradients in a round with SCAFFOLD. */
import { readFile } from 'node:fs/promises'
import { decodeSafetensors, deltaOf, sha256, type NamedArrays } from '@consilium/weights'
import type { TrainJob } from './trainer-messages.ts'

export interface Correction {
  /** c - c_i; absent: zeros. */
  readonly arrays: NamedArrays | undefined
  /** Of what it was made from; empty where nothing is corrected. */
  readonly digest: string
}

/** `model`: the weights that are trained. Throws WEIGHTS_FORMAT, and WEIGHTS_MISMATCH for files of another model. */
export async function readCorrection(
  { control }: Pick<TrainJob, 'control'>,
  model: NamedArrays,
): Promise<Correction> {
  if (control === undefined) return { arrays: undefined, digest: '' }
  const [own, global] = await Promise.all([read(control.own), read(control.global)])
  const digest = `${digestOf(global)} - ${digestOf(own)}`
  if (own === undefined && global === undefined) return { arrays: undefined, digest }
  const zeros: NamedArrays = new Map(
    [...model].map(([name, { shape, data }]) => [
      name,
      { shape, data: new Float32Array(data.length) },
    ]),
  )
  const values = (file: Uint8Array | undefined): NamedArrays =>
    file === undefined ? zeros : decodeSafetensors(file).arrays
  // Both are compared with the model, though one of them may be zeros.
  return { arrays: deltaOf(deltaOf(values(global), zeros), values(own)), digest }
}

const read = (file: string | undefined): Promise<Uint8Array | undefined> =>
  file === undefined ? Promise.resolve(undefined) : readFile(file)

const digestOf = (file: Uint8Array | undefined): string => (file === undefined ? '0' : sha256(file))
