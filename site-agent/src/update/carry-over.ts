/**
 * What a site carries from round to round, and only with an update that counts: what packed updates left unsaid, and its
 * control variate. The `next` file belongs to the update in the state folder, and takes the place of the other one when the
 * coordinator has that update for good.
 */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { syncFolder } from '../state/replace-file.ts'
import type { StateFolder } from '../state/state-folder.ts'

type Paths = Pick<StateFolder['paths'], 'residual' | 'nextResidual' | 'control' | 'nextControl'>

const pairs = ({ residual, nextResidual, control, nextControl }: Paths) => [
  { next: nextResidual, current: residual },
  { next: nextControl, current: control },
]

const openPairs = (paths: Paths) => pairs(paths).filter(({ next }) => existsSync(next))

/** Whether something waits for word of the update in the state folder. */
export const isCarryOpen = (paths: Paths): boolean => openPairs(paths).length > 0

/** The update is delivered. Doing it again changes nothing. */
export async function carryOver(paths: Paths): Promise<void> {
  for (const { next, current } of openPairs(paths)) {
    await rename(next, current)
    await syncFolder(path.dirname(current))
  }
}

/** The update does not count: what was carried before it still is. */
export async function dropCarry(paths: Paths): Promise<void> {
  for (const { next } of pairs(paths)) await rm(next, { force: true })
}
