import { constants } from 'node:fs'
import { access, readdir } from 'node:fs/promises'

interface CacheFinding {
  readonly folder: string
  readonly choices: number
  /** Sentences. */
  readonly cacheProblems: readonly string[]
}

/** After a step was compiled, which makes the folder where it can. */
export async function findCache(folder: string): Promise<CacheFinding> {
  try {
    await access(folder, constants.W_OK)
    const files = await readdir(folder)
    const choices = files.filter((file) => file.endsWith('.json')).length
    return { folder, choices, cacheProblems: [] }
  } catch {
    const problem = `The cache folder ${folder} cannot be written: every start measures again which operators are the quickest. Correct its permissions, or set XDG_CACHE_HOME to another folder.`
    return { folder, choices: 0, cacheProblems: [problem] }
  }
}
