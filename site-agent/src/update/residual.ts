/**
 * The residual goes on only with an update that counts: `nextResidual` belongs to the update in the state folder, and takes the
 * place of `residual` when the coordinator has that update for good.
 */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { syncFolder } from '../state/replace-file.ts'
import type { StateFolder } from '../state/state-folder.ts'

type Paths = Pick<StateFolder['paths'], 'residual' | 'nextResidual'>

/** Whether what is left of the update in the state folder waits for word of it. */
export const isResidualOpen = ({ nextResidual }: Paths): boolean => existsSync(nextResidual)

/** The update is delivered. Doing it again changes nothing. */
export async function keepResidual(paths: Paths): Promise<void> {
  if (!isResidualOpen(paths)) return
  await rename(paths.nextResidual, paths.residual)
  await syncFolder(path.dirname(paths.residual))
}

/** The update does not count: what was left before it still is. */
export const dropResidual = ({ nextResidual }: Paths): Promise<void> =>
  rm(nextResidual, { force: true })
