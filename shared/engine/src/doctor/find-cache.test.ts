import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findCache } from './find-cache.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'consilium-cache-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('choices are counted, drafts are not', async () => {
  for (const name of ['a.json', 'b.json', 'b.json.4711']) {
    await writeFile(path.join(folder, name), '{}')
  }
  expect(await findCache(folder)).toEqual({ folder, choices: 2, cacheProblems: [] })
})

test('a folder that could not be made is a problem', async () => {
  const missing = path.join(folder, 'missing')
  expect(await findCache(missing)).toMatchObject({
    choices: 0,
    cacheProblems: [expect.stringContaining(`${missing} cannot be written`)],
  })
})
