/**
 * An update on its way in: `<site>/<digest>.part`, which grows at its end and outlives the connection and the process.
 * One per site: a new one removes the old. Not synced while it grows; its digest is checked before it counts.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface PartialUpload {
  readonly path: string
  /** Bytes held: what comes next begins there. */
  size(): Promise<number>
  append(chunk: Uint8Array): Promise<void>
  digest(): Promise<string>
  read(): Promise<Uint8Array>
  remove(): Promise<void>
}

/** Opens the upload `digest` of `site` where it stopped. Both must be safe as file names. */
export async function openPartialUpload(
  folder: string,
  { site, digest }: { site: string; digest: string },
): Promise<PartialUpload> {
  const siteFolder = join(folder, site)
  const name = `${digest}.part`
  const path = join(siteFolder, name)
  await mkdir(siteFolder, { recursive: true })
  for (const other of await readdir(siteFolder)) {
    if (other !== name) await rm(join(siteFolder, other))
  }
  await appendFile(path, '')
  return {
    path,
    size: async () => (await stat(path)).size,
    append: (chunk) => appendFile(path, chunk),
    digest: () => digestOfFile(path),
    read: () => readFile(path),
    remove: () => rm(path, { force: true }),
  }
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
