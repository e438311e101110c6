import { link, rename, rm } from 'node:fs/promises'

/**
 * Gives a finished draft its name, unless there is a good file of that name: whoever writes first decides. `isGood` is
 * asked about the file that stands there. The draft is gone afterwards. Returns whether it was the one that was taken.
 */
export async function publishFile(
  draft: string,
  file: string,
  isGood: () => Promise<boolean>,
): Promise<boolean> {
  try {
    try {
      await link(draft, file)
    } catch {
      if (await isGood()) return false
      await rename(draft, file)
    }
    return true
  } finally {
    await rm(draft, { force: true })
  }
}
