/**
 * One agent per state folder. The lock is a file with the process id and, where the system tells it, the time the process
 * began, so that the lock of a dead process is known for what it is even when its id has been given to another.
 */
import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { StateLockedError } from '../errors.ts'
import { readIfThere } from './read-if-there.ts'
import { PRIVATE_FILE } from './replace-file.ts'
import { systemErrorCode } from './system-error-code.ts'

interface Owner {
  readonly pid: number
  readonly began: string
}

export interface FolderLock {
  release(): Promise<void>
}

/** Throws AGENT_STATE_LOCKED. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = path.join(folder, 'lock')
  const mine = JSON.stringify({ pid: process.pid, began: await beginningOf(process.pid) })
  if (!(await createWhole(file, mine))) {
    const owner = parseOwner(await readIfThere(file))
    if (owner !== undefined && (await isAlive(owner))) {
      throw new StateLockedError({ folder, pid: owner.pid })
    }
    await rm(file, { force: true })
    if (!(await createWhole(file, mine)))
      throw new StateLockedError({ folder, pid: owner?.pid ?? 0 })
  }
  return { release: () => rm(file, { force: true }) }
}

/** Creates the file with its content in one step; false if there is one already. */
async function createWhole(file: string, content: string): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, content, { mode: PRIVATE_FILE })
    await link(temporary, file)
    return true
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

function parseOwner(text: string | undefined): Owner | undefined {
  const [, pid, began] = /^\{"pid":(\d+),"began":"(\d*)"\}$/.exec(text ?? '') ?? []
  return pid === undefined || began === undefined ? undefined : { pid: Number(pid), began }
}

async function isAlive({ pid, began }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (systemErrorCode(error) === 'ESRCH') return false
  }
  return (await beginningOf(pid)) === began
}

/** Clock ticks from boot to the start of the process (proc(5), field 22); empty where there is no /proc. */
async function beginningOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
