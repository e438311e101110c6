/** What a case needs to play: processes, folders, disks, a seed. Everything it has made is gone when it is cleared. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProcesses, type Start } from '../../e2e/support/processes.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

export interface Stage {
  readonly seed: number
  readonly start: Start
  readonly newFolder: () => string
  /** Throws SmallDiskRefusedError where the system does not allow it. */
  readonly newDisk: (kib: number) => SmallDisk
  /** Calls back when the case is over. */
  readonly onClear: (close: () => void) => void
  /** Kills the processes of the case and removes its folders and disks. */
  clear(): Promise<void>
}

const open = new Set<() => void>()

/** At once, without waiting: for a process that is about to end. */
export function abandonStages(): void {
  for (const abandon of open) abandon()
}

export function createStage(seed: number): Stage {
  const processes = createProcesses()
  const folders: string[] = []
  const disks: SmallDisk[] = []
  const closers: (() => void)[] = []
  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'consilium-faults-'))
    folders.push(folder)
    return folder
  }
  const remove = (): void => {
    for (const disk of disks.splice(0)) disk.unmount()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  }
  const abandon = (): void => {
    processes.killAll()
    remove()
  }
  open.add(abandon)
  return {
    seed,
    start: processes.start,
    newFolder,
    newDisk(kib) {
      const disk = mountSmallDisk(newFolder(), kib)
      disks.push(disk)
      return disk
    },
    onClear: (close) => void closers.push(close),
    async clear() {
      for (const close of closers.splice(0)) close()
      await processes.stopAll()
      remove()
      open.delete(abandon)
    },
  }
}
