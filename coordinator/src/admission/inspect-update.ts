/**
 * Reads an update's file once, in pieces, and says whether it may be folded: the digest it was announced with, the model's
 * tensors, all finite. A packed update is unpacked on the way. Runs in a thread of its own (check-worker.ts), so it may wait
 * for the disk.
 */
import {
  bytesOfFloats,
  countParameters,
  decodeUpdate,
  encodeSafetensorsHeader,
  WeightsFormatError,
  WeightsMismatchError,
  type Schema,
} from '@consilium/weights'
import { createModelWriter, type ModelWriter } from '../aggregation/model-writer.ts'
import { openFileReader, type FileReader } from './file-reader.ts'
import type { UpdateFile, UpdateVerdict } from './update-file.ts'

/**
 * No training moves weights by as much in a round, as root mean square over the parameters: those of a model begin below 1.
 * One larger update would end an average for all; what is merely too large is for the plan's `maxNorm` and its rule.
 */
export const MAX_UPDATE_RMS = 100

/** `model`: names and shapes, in the order of the values. */
export function inspectUpdate(update: UpdateFile, model: Schema): UpdateVerdict {
  const file = openFileReader(update.path)
  const target = update.format.format === 'float32' ? undefined : createModelWriter(update.unpackTo)
  let delta: ReturnType<ModelWriter['finish']> | undefined
  try {
    target?.append(encodeSafetensorsHeader(model))
    const problem = problemOf(update, { file, model, target })
    const digest = file.digestOfAll()
    // What does not have its digest is not what the site meant to send: nothing else is told about it.
    if (digest !== update.sha256) {
      return {
        kind: 'refused',
        code: 'UPDATE_DIGEST_MISMATCH',
        problem: `It arrived with SHA-256 ${digest}, announced was ${update.sha256}. Send it again from the beginning.`,
        retryable: true,
      }
    }
    if (problem !== undefined) return problem
  } finally {
    file.close()
    delta = target?.finish()
  }
  if (delta === undefined) return { kind: 'fits' }
  return { kind: 'fits', delta: { sha256: delta.sha256, bytes: delta.bytes } }
}

function problemOf(
  { bytes, format }: UpdateFile,
  { file, model, target }: { file: FileReader; model: Schema; target: ModelWriter | undefined },
): UpdateVerdict | undefined {
  try {
    let squares = 0
    for (const block of decodeUpdate(file.read, { bytes, format, model })) {
      squares += squareOf(block)
      if (!Number.isFinite(squares)) {
        return refused(
          'UPDATE_NOT_FINITE',
          `It holds a NaN or an infinity. Its training diverged: look at the site's own log.`,
        )
      }
      target?.append(bytesOfFloats(block))
    }
    return problemOfNorm(Math.sqrt(squares), MAX_UPDATE_RMS * Math.sqrt(countParameters(model)))
  } catch (error) {
    if (error instanceof WeightsFormatError) return refused('UPDATE_FORMAT', error.message)
    if (error instanceof WeightsMismatchError)
      return refused('UPDATE_SHAPE_MISMATCH', error.message)
    throw error
  }
}

const refused = (
  code: 'UPDATE_NOT_FINITE' | 'UPDATE_NORM' | 'UPDATE_FORMAT' | 'UPDATE_SHAPE_MISMATCH',
  problem: string,
) => ({ kind: 'refused', code, problem, retryable: false }) as const

const problemOfNorm = (norm: number, limit: number): UpdateVerdict | undefined =>
  norm > limit
    ? refused(
        'UPDATE_NORM',
        `It has the norm ${norm.toPrecision(3)}, allowed are ${limit.toPrecision(3)}. Its training diverged: look at the site's own log, and lower the learning rate.`,
      )
    : undefined

/** A float32's square is far from float64's largest: only what is not finite makes the sum so. */
function squareOf(values: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i += 1) sum += values[i]! * values[i]!
  return sum
}
