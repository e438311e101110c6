import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { createLeftLog } from './left-log.ts'

const newFolder = temporaryFolders()

test('half a line that a killed process left does not spoil the next one', async () => {
  const file = path.join(await newFolder(), 'left.jsonl')
  await writeFile(file, '{"at":"20')
  const left = createLeftLog(file, () => new Date(0))
  left({ kind: 'done', content: new Uint8Array(2) })
  const lines = (await readFile(file, 'utf8')).split('\n')
  expect(lines).toHaveLength(3)
  expect(JSON.parse(lines[1]!)).toMatchObject({ kind: 'done', bytes: 2 })
})
