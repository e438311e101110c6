import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Check } from './readiness.ts'

/** Writes and syncs a byte: finds a disk that is full, read-only or gone. */
export const stateFolderCheck = (folder: string): Check => ({
  name: 'state-folder',
  async run() {
    const path = join(folder, '.ready')
    try {
      const file = await open(path, 'w', 0o600)
      try {
        await file.writeFile('x')
        await file.sync()
      } finally {
        await file.close()
      }
      await rm(path)
      return undefined
    } catch (error) {
      return `cannot be written (${String((error as NodeJS.ErrnoException).code)}). Look at the disk and at who owns the folder`
    }
  },
})
