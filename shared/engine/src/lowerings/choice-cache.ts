/**
 * Choices on disk, one small file each, so that a study gives the same bits at its next start. The first process to
 * write a choice decides it for all: two that time at once may find different winners.
 */
import { createHash } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { machineKey } from './machine-key.ts'

interface Choice {
  readonly lowering: string
  /** Milliseconds per step of every lowering tried. */
  readonly times: Readonly<Record<string, number>>
}

const fileOf = (folder: string, key: string): string => {
  const digest = createHash('sha256').update(`${machineKey()}\n${key}`).digest('hex')
  return path.join(folder, `${digest}.json`)
}

/** The lowering chosen before on this machine with this runtime, if any. A damaged file counts as none. */
export async function recallChoice(folder: string, key: string): Promise<string | undefined> {
  try {
    const { lowering } = JSON.parse(await readFile(fileOf(folder, key), 'utf8')) as Partial<Choice>
    return typeof lowering === 'string' ? lowering : undefined
  } catch {
    return undefined
  }
}

/** Writes a choice unless there is one already, and returns the one that holds. A folder that cannot be written is no error. */
export async function rememberChoice(folder: string, key: string, choice: Choice): Promise<string> {
  const file = fileOf(folder, key)
  const draft = `${file}.${process.pid}`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(draft, JSON.stringify({ machine: machineKey(), key, ...choice }))
    await link(draft, file)
    return choice.lowering
  } catch {
    return (await recallChoice(folder, key)) ?? choice.lowering
  } finally {
    await rm(draft, { force: true })
  }
}
