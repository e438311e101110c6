/**
 * Choices on disk, one small file each, so that a study gives the same bits at its next start. The first process to
 * write a choice decides it for all: two that time at once may find different winners.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { machineKey } from '../cache/machine-key.ts'
import { publishFile } from '../cache/publish-file.ts'

/** What is chosen between. */
export interface Question {
  /** Names it on this machine. */
  readonly key: string
  readonly lowerings: readonly string[]
}

interface Choice {
  readonly lowering: string
  /** Milliseconds per step of every lowering tried. */
  readonly times: Readonly<Record<string, number>>
}

const fileOf = (folder: string, key: string): string => {
  const digest = createHash('sha256').update(`${machineKey()}\n${key}`).digest('hex')
  return path.join(folder, `${digest}.json`)
}

/** The lowering chosen before on this machine with this runtime, if any. A damaged or foreign file counts as none. */
export async function recallChoice(
  folder: string,
  { key, lowerings }: Question,
): Promise<string | undefined> {
  try {
    const { lowering } = JSON.parse(await readFile(fileOf(folder, key), 'utf8')) as Partial<Choice>
    return lowerings.find((known) => known === lowering)
  } catch {
    return undefined
  }
}

/** Writes a choice unless there is a good one already, and returns the one that holds. A folder that cannot be written is no error. */
export async function rememberChoice(
  folder: string,
  question: Question,
  choice: Choice,
): Promise<string> {
  const file = fileOf(folder, question.key)
  const draft = `${file}.${randomUUID()}`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(draft, JSON.stringify({ machine: machineKey(), key: question.key, ...choice }))
    let known: string | undefined
    await publishFile(draft, file, async () => {
      known = await recallChoice(folder, question)
      return known !== undefined
    })
    return known ?? choice.lowering
  } catch {
    return choice.lowering // measured again at the next start
  }
}
