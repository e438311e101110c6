/** What a fault needs to play: processes, folders, a seed, and somebody to tell how far it is. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProcesses, type Start } from '../../e2e/support/processes.ts'

export interface Stage {
  readonly seed: number
  readonly start: Start
  readonly newFolder: () => string
  /** One line about a case that is done. */
  readonly say: (line: string) => void
  /** Kills the processes and removes the folders of the case that is done. */
  clear(): Promise<void>
}

export function createStage({ seed, say }: Pick<Stage, 'seed' | 'say'>): Stage {
  const processes = createProcesses()
  const folders: string[] = []
  return {
    seed,
    say,
    start: processes.start,
    newFolder() {
      const folder = mkdtempSync(join(tmpdir(), 'consilium-faults-'))
      folders.push(folder)
      return folder
    },
    async clear() {
      await processes.stopAll()
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
    },
  }
}
