import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { openStateFolder } from './state-folder.ts'

const newFolder = temporaryFolders()
const study = { site: 'oslo', planSha256: 'abc', planJson: '{}' }

test('the id of the agent is made once and kept, in a folder only its account can read', async () => {
  const folder = path.join(await newFolder(), 'a', 'state')
  const first = await openStateFolder(folder)
  const instance = await first.bind(study)
  await first.close()
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  const second = await openStateFolder(folder)
  expect(await second.bind(study)).toBe(instance)
  expect(await readFile(second.paths.plan, 'utf8')).toBe('{}')
  await second.close()
})

test('another site or another study is refused', async () => {
  const state = await openStateFolder(await newFolder())
  await state.bind(study)
  for (const other of [{ site: 'rome' }, { planSha256: 'def' }]) {
    await expect(state.bind({ ...study, ...other })).rejects.toMatchObject({
      code: 'AGENT_STATE_OTHER_STUDY',
    })
  }
  await state.close()
})

test('what a killed process had not finished writing is removed', async () => {
  const folder = await newFolder()
  await writeFile(path.join(folder, 'update.safetensors.1.tmp'), 'half')
  const state = await openStateFolder(folder)
  expect(await readdir(folder)).toEqual(['lock'])
  await state.close()
})

test('a state folder that cannot be one is named, with what was expected', async () => {
  const file = path.join(await newFolder(), 'state')
  await writeFile(file, 'a file')
  for (const folder of [file, path.join(file, 'below')]) {
    await expect(openStateFolder(folder)).rejects.toMatchObject({
      code: 'AGENT_USAGE',
      message: expect.stringContaining(`--state '${folder}' cannot be used`) as string,
    })
  }
})
