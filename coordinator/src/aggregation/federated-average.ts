/**
 * Federated averaging (McMahan et al. 2017, algorithm 1) of weight deltas, weighted by sample counts:
 * `global + sum_k n_k/n * delta_k`, summed over sites in the order of their ids in float64 and rounded once to float32.
 * The order of arrival does not enter, and memory is a block per site, whatever the size of the model.
 */
import { bytesOfFloats } from '@consilium/weights'
import { AverageNotFiniteError } from '../errors.ts'
import { openWeightsFile, type WeightsFile } from './weights-file.ts'

/** Values averaged between two turns of the event loop: 256 KiB of memory per site. */
const BLOCK_PARAMETERS = 64 * 1024

export interface WeightedUpdate {
  readonly site: string
  readonly path: string
  readonly sha256: string
  readonly samples: number
}

export interface AverageOptions {
  readonly base: { readonly path: string; readonly sha256: string }
  readonly parameters: number
  readonly updates: readonly WeightedUpdate[]
  readonly blockParameters?: number
  readonly signal?: AbortSignal
}

/** The bytes of the new model's file, in order. Throws BLOB_CORRUPT and AVERAGE_NOT_FINITE. */
export async function* federatedAverage({
  base,
  parameters,
  updates,
  blockParameters = BLOCK_PARAMETERS,
  signal,
}: AverageOptions): AsyncGenerator<Uint8Array> {
  const ordered = [...updates].sort((a, b) => (a.site < b.site ? -1 : 1))
  const samples = ordered.reduce((sum, update) => sum + update.samples, 0)
  const weights = ordered.map((update) => update.samples / samples)
  const files: WeightsFile[] = []
  try {
    for (const { path, sha256 } of [base, ...ordered]) {
      files.push(await openWeightsFile(path, { sha256, parameters }))
    }
    const [header] = await Promise.all(files.map((file) => file.header()))
    yield header!
    for (let done = 0; done < parameters; done += blockParameters) {
      signal?.throwIfAborted()
      const count = Math.min(blockParameters, parameters - done)
      const [global, ...deltas] = await Promise.all(files.map((file) => file.next(count)))
      yield bytesOfFloats(averageBlock(global!, deltas, weights))
    }
    for (const file of files) file.verify()
  } finally {
    await Promise.all(files.map((file) => file.close()))
  }
}

function averageBlock(
  global: Float32Array,
  deltas: readonly Float32Array[],
  weights: readonly number[],
): Float32Array {
  const sum = new Float64Array(global.length)
  deltas.forEach((delta, k) => {
    const weight = weights[k]!
    for (let i = 0; i < sum.length; i += 1) sum[i]! += weight * delta[i]!
  })
  const average = global.map((value, i) => value + sum[i]!)
  if (!average.every(Number.isFinite)) throw new AverageNotFiniteError()
  return average
}
