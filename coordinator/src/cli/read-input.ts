/** Files named on the command line, read and checked before anything else happens. */
import { readFile } from 'node:fs/promises'
import { ConsiliumError } from '@consilium/errors'
import { parsePlan, type StudyPlan } from '@consilium/study'
import { decodeSafetensors, type NamedArrays } from '@consilium/weights'
import { InputFileError } from '../errors.ts'

/** Throws INPUT_FILE and STUDY_INVALID_PLAN. */
export const readPlan = (path: string): Promise<StudyPlan> =>
  readInput('study plan', path, (bytes) => parsePlan(JSON.parse(bytes.toString('utf8'))))

/** Throws INPUT_FILE and WEIGHTS_FORMAT. */
export const readWeights = (path: string): Promise<NamedArrays> =>
  readInput('file of initial weights', path, (bytes) => decodeSafetensors(bytes).arrays)

async function readInput<T>(what: string, path: string, parse: (bytes: Buffer) => T): Promise<T> {
  try {
    return parse(await readFile(path))
  } catch (cause) {
    if (cause instanceof ConsiliumError || !(cause instanceof Error)) throw cause
    throw new InputFileError({ what, path, cause })
  }
}
