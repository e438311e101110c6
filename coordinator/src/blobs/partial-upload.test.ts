import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { useStateFolder } from '../testing/state-folder.ts'
import { openPartialUpload } from './partial-upload.ts'

const folder = useStateFolder()

test('an upload goes on where it stopped, also for another process', async () => {
  const of = { site: 'oslo', digest: 'd1' }
  const first = await openPartialUpload(folder(), of)
  await first.append(Buffer.from('half '))
  const second = await openPartialUpload(folder(), of)
  expect(await second.size()).toBe(5)
  await second.append(Buffer.from('done'))
  expect(Buffer.from(await second.read()).toString()).toBe('half done')
  expect(await second.digest()).toBe(sha256('half done'))
})

test('a site has one upload: a new one removes the old', async () => {
  const old = await openPartialUpload(folder(), { site: 'oslo', digest: 'd1' })
  await old.append(Buffer.from('x'))
  await openPartialUpload(folder(), { site: 'oslo', digest: 'd2' })
  expect(readdirSync(join(folder(), 'oslo'))).toEqual(['d2.part'])
})
