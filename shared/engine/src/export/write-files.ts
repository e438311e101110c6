import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'

export interface FileTarget {
  /** Made if it is not there. */
  readonly folder: string
  /** Of the files, without an ending. */
  readonly name: string
}

/** Writes `name.ending` for every ending, each file whole or not at all. */
export async function writeFiles(
  { folder, name }: FileTarget,
  contents: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [ending, content] of Object.entries(contents)) {
    const file = path.join(folder, `${name}.${ending}`)
    await writeFile(`${file}.tmp`, content)
    await rename(`${file}.tmp`, file)
  }
}
