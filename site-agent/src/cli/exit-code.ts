import { ConsiliumError } from '@consilium/errors'
import { CoordinatorRefusalError } from '../errors.ts'
import { Interruption } from './interruption.ts'

/** What a script can tell from the end of the process. The code on the last line says it exactly. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  data: 3,
  refused: 4,
  training: 5,
} as const

const byArea: Readonly<Record<string, number>> = {
  AGENT: exitCodes.usage,
  DATA: exitCodes.data,
  NPZ: exitCodes.data,
  COORDINATOR: exitCodes.refused,
  PROTO: exitCodes.refused,
  RELEASE: exitCodes.refused,
  STUDY: exitCodes.refused,
  LEARNING: exitCodes.training,
  ENGINE: exitCodes.training,
  WEIGHTS: exitCodes.training,
  TRAINING: exitCodes.training,
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interruption) return error.exitCode
  if (error instanceof CoordinatorRefusalError) return exitCodes.refused
  if (!(error instanceof ConsiliumError)) return exitCodes.unexpected
  return byArea[error.code.split('_')[0]!] ?? exitCodes.unexpected
}
