/** What every blob store must do. A test file calls this with a way to open a store. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { sha256 } from '@consilium/weights'
import type { BlobStore } from './blob-store.ts'

const bytes = Buffer.from('some weights')
const digest = sha256(bytes)

export interface OpenedBlobStore {
  readonly store: BlobStore
  /** Puts other bytes in the place of a blob, behind the store's back. */
  damage(digest: string, bytes: Uint8Array): Promise<void>
}

export function runBlobStoreTests(open: () => Promise<OpenedBlobStore>): void {
  let opened: OpenedBlobStore
  let store: BlobStore

  beforeEach(async () => {
    opened = await open()
    store = opened.store
  })

  test('what is written in chunks is found under its digest', async () => {
    const blob = await store.write([bytes.subarray(0, 4), bytes.subarray(4)])
    expect(blob).toEqual({ sha256: digest, bytes: bytes.length })
    expect(Buffer.from(await store.read(digest))).toEqual(bytes)
    expect(await readFile(await store.file(digest))).toEqual(bytes)
  })

  test('writing again what is there changes nothing', async () => {
    await store.write([bytes])
    expect(await store.write([bytes])).toEqual({ sha256: digest, bytes: bytes.length })
    expect(Buffer.from(await store.read(digest))).toEqual(bytes)
  })

  test('a whole file is taken, and is not left where it was', async () => {
    const path = store.temporaryPath()
    await writeFile(path, bytes)
    const blob = { sha256: digest, bytes: bytes.length }
    expect(await store.adopt({ path, ...blob })).toEqual(blob)
    expect(Buffer.from(await store.read(digest))).toEqual(bytes)
    expect(existsSync(path)).toBe(false)
  })

  test('a blob of no bytes is a blob', async () => {
    const { sha256: empty } = await store.write([])
    expect(empty).toBe(sha256(''))
    expect(await readFile(await store.file(empty))).toHaveLength(0)
  })

  test('a removed blob is gone, and may be removed again', async () => {
    await store.write([bytes])
    await store.remove(digest)
    await store.remove(digest)
    await expect(store.read(digest)).rejects.toMatchObject({ code: 'BLOB_MISSING' })
    await expect(store.file(digest)).rejects.toMatchObject({ code: 'BLOB_MISSING' })
  })

  test('a blob whose copy was forgotten is still there', async () => {
    await store.write([bytes])
    await store.forget(digest)
    expect(await readFile(await store.file(digest))).toEqual(bytes)
  })

  test('a blob that changed is not handed out', async () => {
    await store.write([bytes])
    await opened.damage(digest, Buffer.from('other weights'))
    await expect(store.read(digest)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
  })

  test('a write that breaks off leaves nothing', async () => {
    function* broken() {
      yield bytes
      throw new Error('the source broke')
    }
    await expect(store.write(broken())).rejects.toThrow('the source broke')
    await expect(store.read(digest)).rejects.toMatchObject({ code: 'BLOB_MISSING' })
  })
}
