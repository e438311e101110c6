import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '../blobs/durable-file.ts'
import type { Secrets } from './secrets.ts'

/** Secrets as files of the state folder, readable by its owner only. */
export function createFileSecrets(folder: string): Secrets {
  const read = async (name: string): Promise<string | undefined> => {
    const path = join(folder, name)
    return existsSync(path) ? readFile(path, 'utf8') : undefined
  }
  const write = (name: string, value: string): Promise<void> =>
    writeDurably(join(folder, name), value, 0o600)
  return {
    read,
    write,
    async make(name, value) {
      const stored = await read(name)
      if (stored === undefined) await write(name, value)
      return stored ?? value
    },
  }
}
