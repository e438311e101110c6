/**
 * Updates between their arrival and the average: `incoming/<site>/<digest>.part` while they arrive,
 * `round-<n>/<site>.safetensors` once they are accepted. A round's folder is deleted when its model is committed: no
 * single update of a site is kept longer than it is needed.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { moveDurably } from './durable-file.ts'
import { openPartialUpload, type PartialUpload } from './partial-upload.ts'

export interface Slot {
  readonly round: number
  readonly site: string
}

export interface Spool {
  incoming(of: { site: string; digest: string }): Promise<PartialUpload>
  pathOf(slot: Slot): string
  accept(upload: PartialUpload, slot: Slot): Promise<void>
  remove(slot: Slot): Promise<void>
  discardRound(round: number): Promise<void>
}

export function createSpool(folder: string): Spool {
  const roundFolder = (round: number): string => join(folder, `round-${round}`)
  const pathOf = ({ round, site }: Slot): string => join(roundFolder(round), `${site}.safetensors`)
  return {
    incoming: (of) => openPartialUpload(join(folder, 'incoming'), of),
    pathOf,
    accept: (upload, slot) => moveDurably(upload.path, pathOf(slot)),
    remove: (slot) => rm(pathOf(slot), { force: true }),
    discardRound: (round) => rm(roundFolder(round), { recursive: true, force: true }),
  }
}
