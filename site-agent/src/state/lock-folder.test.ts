import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { lockFolder } from './lock-folder.ts'

const newFolder = temporaryFolders()

test('a locked folder is refused until it is released', async () => {
  const folder = await newFolder()
  const lock = await lockFolder(folder)
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'AGENT_STATE_LOCKED' })
  await lock.release()
  await (await lockFolder(folder)).release()
  expect(await readdir(folder)).toEqual([])
})

test('the lock of a process that is dead is taken over', async () => {
  const folder = await newFolder()
  const child = spawn(process.execPath, ['--eval', ''])
  await once(child, 'exit')
  await writeFile(path.join(folder, 'lock'), `{"pid":${child.pid!},"began":""}`)
  await (await lockFolder(folder)).release()
})

test('the lock of a dead process is known when its id belongs to another now', async () => {
  const folder = await newFolder()
  await writeFile(path.join(folder, 'lock'), `{"pid":${process.pid},"began":"1"}`)
  await (await lockFolder(folder)).release()
})

test('a lock that is not readable is no lock', async () => {
  const folder = await newFolder()
  await writeFile(path.join(folder, 'lock'), '')
  await (await lockFolder(folder)).release()
})
