import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InputFileError } from '../errors.ts'
import { FolderNotEmptyError } from './errors.ts'

export interface Claim {
  readonly what: string
  readonly folder: string
}

/**
 * Makes the folder, or takes an empty one, has it filled, and leaves it as it was if that fails. Throws FOLDER_NOT_EMPTY,
 * INPUT_FILE, and what `fill` throws.
 */
export async function fillNewFolder<T>(claim: Claim, fill: () => Promise<T>): Promise<T> {
  const { folder } = claim
  const made = await makeOrTake(claim)
  try {
    return await fill()
  } catch (error) {
    const leftovers = made ? [folder] : (await readdir(folder)).map((name) => join(folder, name))
    for (const path of leftovers) await rm(path, { recursive: true })
    throw error
  }
}

/** Whether the folder had to be made. */
async function makeOrTake({ what, folder }: Claim): Promise<boolean> {
  let made: string | undefined
  let content: readonly string[]
  try {
    made = await mkdir(folder, { recursive: true, mode: 0o700 })
    content = await readdir(folder)
  } catch (cause) {
    throw new InputFileError({
      what: `folder for the ${what}`,
      path: folder,
      cause: cause as Error,
    })
  }
  if (content.length > 0) throw new FolderNotEmptyError({ what, folder })
  return made !== undefined
}
