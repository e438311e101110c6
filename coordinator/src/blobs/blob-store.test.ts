import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { useStateFolder } from '../testing/state-folder.ts'
import { openBlobStore } from './blob-store.ts'

const folder = useStateFolder()
const bytes = Buffer.from('some weights')
const digest = sha256(bytes)

test('what is written in chunks is found under its digest', async () => {
  const store = await openBlobStore(folder())
  const blob = await store.write([bytes.subarray(0, 4), bytes.subarray(4)])
  expect(blob).toEqual({ sha256: digest, bytes: bytes.length })
  expect(store.pathOf(digest)).toBe(join(folder(), 'sha256', digest.slice(0, 2), digest))
  expect(Buffer.from(await store.read(digest))).toEqual(bytes)
})

test('a file that changed is not handed out', async () => {
  const store = await openBlobStore(folder())
  await store.write([bytes])
  writeFileSync(store.pathOf(digest), 'other weights')
  await expect(store.read(digest)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
})

test('a write that breaks off leaves nothing', async () => {
  const store = await openBlobStore(folder())
  function* broken() {
    yield bytes
    throw new Error('the source broke')
  }
  await expect(store.write(broken())).rejects.toThrow('the source broke')
  expect(existsSync(store.pathOf(digest))).toBe(false)
  expect(readdirSync(join(folder(), 'temporary'))).toEqual([])
})

test('what a killed process left half-written is cleared at the next start', async () => {
  await openBlobStore(folder())
  writeFileSync(join(folder(), 'temporary', 'half'), 'hal')
  await openBlobStore(folder())
  expect(readdirSync(join(folder(), 'temporary'))).toEqual([])
})
