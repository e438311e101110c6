import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Objects } from './objects.ts'

/** Objects as files below a folder that several processes may share. Not synced: what is lost is sent again. */
export function createFolderObjects(folder: string): Objects {
  return {
    get(key) {
      const path = join(folder, key)
      return Promise.resolve(existsSync(path) ? createReadStream(path) : undefined)
    },
    async put(key, bytes) {
      const path = join(folder, key)
      const temporary = join(dirname(path), `.${randomUUID()}`)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(temporary, bytes, { flag: 'wx' })
      await rename(temporary, path)
    },
    remove: (key) => rm(join(folder, key), { force: true }),
    async list(prefix) {
      const below = join(folder, prefix)
      if (!existsSync(below)) return []
      const entries = await readdir(below, { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort()
    },
  }
}
