import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { startS3Server, type S3Server } from '../testing/s3-server.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { createFolderObjects } from './folder-objects.ts'
import type { OpenIncoming } from './incoming.ts'
import type { Objects } from './objects.ts'
import { parseS3Address } from './s3/s3-address.ts'
import { createS3Objects } from './s3/s3-objects.ts'
import { createSharedIncoming } from './shared-incoming.ts'

const folder = useStateFolder()
let s3: S3Server
beforeAll(async () => {
  s3 = await startS3Server()
})
afterAll(() => s3.close())
beforeEach(() => {
  s3.objects.clear()
})

const update = randomBytes(250)
const parts = [update.subarray(0, 100), update.subarray(100, 200), update.subarray(200)]
const chunks = {
  ...{ bytes: 250, chunkBytes: 100 },
  sha256: parts.map((part) => createHash('sha256').update(part).digest()),
}
const described = { site: 'oslo', digest: sha256(update) }

/** As a request has it: every piece is in the same memory. */
async function* body(...bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const room = new Uint8Array(Math.max(...bytes.map(({ length }) => length)))
  for (const piece of bytes) {
    room.set(piece)
    yield await Promise.resolve(room.subarray(0, piece.length))
  }
}

async function* brokenAfter(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* body(bytes)
  throw new Error('the line is dead')
}

const kinds: [string, () => Objects][] = [
  ['a folder', () => createFolderObjects(join(folder(), 'shared'))],
  ['S3', () => createS3Objects(parseS3Address('s3://studies/one', s3.env))],
]

describe.each(kinds)('incoming updates in %s', (_, objects) => {
  let files = 0
  const coordinator = (): OpenIncoming =>
    createSharedIncoming(objects(), () => join(folder(), `whole-${(files += 1)}`))

  test('chunks that reached several coordinators, in any order, are put together by any', async () => {
    const [one, other] = [coordinator(), coordinator()]
    const first = await one({ ...described, chunks })
    const second = await other({ ...described, chunks, continued: true })
    expect(await first.writeChunk(2, body(parts[2]!))).toBe(true)
    expect(await second.writeChunk(0, body(parts[0]!))).toBe(true)
    expect(await first.heldChunks()).toEqual(new Set([0, 2]))
    expect(await second.writeChunk(1, body(parts[1]!.subarray(0, 7), parts[1]!.subarray(7)))).toBe(
      true,
    )
    expect(readFileSync(await first.file())).toEqual(update)
  })

  test('a chunk that is damaged or breaks off is not held', async () => {
    const incoming = await coordinator()({ ...described, chunks })
    expect(await incoming.writeChunk(0, body(parts[1]!))).toBe(false)
    await expect(incoming.writeChunk(0, brokenAfter(parts[0]!))).rejects.toThrow('line is dead')
    expect(await incoming.heldChunks()).toEqual(new Set())
  })

  test('pieces follow each other, also after one that broke off', async () => {
    const [one, other] = [coordinator(), coordinator()]
    const first = await one(described)
    await expect(first.append(0, brokenAfter(update.subarray(0, 30)))).rejects.toThrow('dead')
    const second = await other({ ...described, continued: true })
    expect(await second.size()).toBe(30)
    await second.append(30, body(update.subarray(30)))
    expect(await first.size()).toBe(250)
    expect(readFileSync(await second.file())).toEqual(update)
  })

  test('a new update of a site clears its old one, one that is continued does not', async () => {
    const open = coordinator()
    const old = await open({ ...described, chunks })
    await old.writeChunk(0, body(parts[0]!))
    await open({ ...described, digest: sha256('other'), continued: true })
    expect(await old.heldChunks()).toEqual(new Set([0]))
    await open({ ...described, site: 'bern' })
    expect(await old.heldChunks()).toEqual(new Set([0]))
    await open({ ...described, digest: sha256('other') })
    expect(await old.heldChunks()).toEqual(new Set())
  })

  test('UPDATE_INCOMPLETE: parts that another coordinator removed meanwhile', async () => {
    const incoming = await coordinator()({ ...described, chunks })
    await incoming.writeChunk(0, body(parts[0]!))
    await incoming.remove()
    await expect(incoming.file()).rejects.toMatchObject({ code: 'UPDATE_INCOMPLETE' })
  })
})
