import { statfs } from 'node:fs/promises'
import { joinedSites, type StudyState } from '../rounds/study-state.ts'
import type { Check } from './readiness.ts'

/** Free whatever the study is: the journal and what a file system keeps for itself. */
export const MIN_FREE_BYTES = 256 * 1024 * 1024

export interface DiskSpace {
  readonly freeBytes: number
  /** Room for one more round: an update of each joined site, the next model, and MIN_FREE_BYTES. */
  readonly neededBytes: number
}

export async function diskSpace(folder: string, state: StudyState): Promise<DiskSpace> {
  const { bavail, bsize } = await statfs(folder)
  const files = joinedSites(state).length + 1
  return { freeBytes: bavail * bsize, neededBytes: MIN_FREE_BYTES + files * state.model.bytes }
}

export const diskSpaceCheck = (measure: () => Promise<DiskSpace>): Check => ({
  name: 'disk-space',
  async run() {
    const { freeBytes, neededBytes } = await measure()
    if (freeBytes >= neededBytes) return undefined
    return `${mebibytes(freeBytes)} MiB are free on the disk of the state folder, the next round needs ${mebibytes(neededBytes)} MiB. Free some, or move the state folder to a larger disk while the coordinator is stopped`
  },
})

const mebibytes = (bytes: number): number => Math.floor(bytes / 2 ** 20)
