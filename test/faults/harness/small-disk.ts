/** A disk of a few KiB in memory: what is written beyond it meets a true ENOSPC. */
import { spawnSync } from 'node:child_process'

export interface SmallDisk {
  readonly folder: string
  /** Makes room. */
  grow(kib: number): void
  unmount(): void
}

/** Mounting needs rights that not every account has. */
export class SmallDiskRefusedError extends Error {}

/** A tmpfs over `folder`. Throws SmallDiskRefusedError. */
export function mountSmallDisk(folder: string, kib: number): SmallDisk {
  run('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'consilium-faults', folder])
  return {
    folder,
    grow(more) {
      run('mount', ['-o', `remount,size=${more}k`, folder])
    },
    unmount() {
      run('umount', ['--lazy', folder])
    },
  }
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status === 0) return
  throw new SmallDiskRefusedError(
    `a small disk cannot be mounted: ${error?.message ?? stderr.trim()}`,
  )
}
