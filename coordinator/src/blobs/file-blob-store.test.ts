import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { useStateFolder } from '../testing/state-folder.ts'
import { runBlobStoreTests } from './blob-store-contract.ts'
import { openFileBlobStore } from './file-blob-store.ts'

const folder = useStateFolder()

describe('the blob store in a folder', () => {
  runBlobStoreTests(async () => {
    const store = await openFileBlobStore(folder())
    return {
      store,
      damage: async (digest, bytes) => {
        writeFileSync(await store.file(digest), bytes)
      },
    }
  })
})

test('a blob has a place that people find', async () => {
  const store = await openFileBlobStore(folder())
  const { sha256: digest } = await store.write([Buffer.from('some weights')])
  expect(digest).toBe(sha256('some weights'))
  expect(await store.file(digest)).toBe(join(folder(), 'sha256', digest.slice(0, 2), digest))
  expect(readdirSync(join(folder(), 'temporary'))).toEqual([])
})

test('what a killed process left half-written is cleared at the next start', async () => {
  await openFileBlobStore(folder())
  writeFileSync(join(folder(), 'temporary', 'half'), 'hal')
  await openFileBlobStore(folder())
  expect(readdirSync(join(folder(), 'temporary'))).toEqual([])
})

test('in a shared folder what another process writes is left alone, what nobody has written to for a day is not', async () => {
  await openFileBlobStore(folder())
  const [fresh, old] = ['fresh', 'old'].map((name) => join(folder(), 'temporary', name))
  writeFileSync(fresh!, 'half')
  writeFileSync(old!, 'half')
  const dayBefore = Date.now() / 1000 - 86_401
  utimesSync(old!, dayBefore, dayBefore)
  await openFileBlobStore(folder(), { shared: true })
  expect(readdirSync(join(folder(), 'temporary'))).toEqual(['fresh'])
})
