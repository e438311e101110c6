import { rename, writeFile } from 'node:fs/promises'

/** Replaces a file: readers see the old content or the new, never a part. */
export async function writeFileWhole(file: string, content: string): Promise<void> {
  await writeFile(`${file}.part`, content)
  await rename(`${file}.part`, file)
}
