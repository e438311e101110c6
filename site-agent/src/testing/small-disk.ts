import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

/** A disk of its own in memory, which can be filled to the last byte. */
export interface SmallDisk {
  readonly folder: string
  fill(): Promise<void>
  makeRoom(): Promise<void>
}

const BYTES = 4 * 2 ** 20
const disks: string[] = []
afterAll(() => {
  for (const disk of disks.splice(0)) {
    execFileSync('umount', [disk])
    rmSync(disk, { recursive: true })
  }
})

/** Whether this account may mount one: in most containers root may, elsewhere nobody else. */
export const canMountDisks: boolean = mount() !== undefined

export function mountSmallDisk(): SmallDisk {
  const folder = mount()!
  const filler = path.join(folder, 'filler')
  return {
    folder,
    async fill() {
      for (const bytes of [BYTES + 1, 4096, 1]) {
        const full = await writeFile(filler, Buffer.alloc(bytes), { flag: 'a' }).catch(
          (error: unknown) => error as NodeJS.ErrnoException,
        )
        expect(full).toMatchObject({ code: 'ENOSPC' })
      }
    },
    makeRoom: () => rm(filler),
  }
}

function mount(): string | undefined {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'consilium-disk-'))
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${BYTES}`, 'consilium', folder]
    execFileSync('mount', options, { stdio: 'ignore' })
    disks.push(folder)
    return folder
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
}
