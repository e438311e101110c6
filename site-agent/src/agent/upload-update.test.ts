import path from 'node:path'
import { writeFile } from 'node:fs/promises'
import { CHUNK_BYTES, decodeFrame, encodeFrame, type Frame } from '@consilium/proto'
import { io } from 'socket.io-client'
import { smallPlan } from '../testing/small-plan.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import {
  digestOf,
  TestCoordinator,
  type TestCoordinatorOptions,
} from '../testing/test-coordinator.ts'
import { uploadUpdate } from './upload-update.ts'

const newFolder = temporaryFolders()
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

/** Two chunks and a half. */
const bytes = Uint8Array.from({ length: 2.5 * CHUNK_BYTES }, (_, i) => i % 251)

async function setUp(options: Partial<TestCoordinatorOptions> = {}) {
  const coordinator = await TestCoordinator.start({ plan: smallPlan, ...options })
  endings.push(() => coordinator.stop())
  const file = path.join(await newFolder(), 'update')
  await writeFile(file, bytes)
  const socket = io(`${coordinator.url}/site`, { forceNew: true })
  endings.push(() => socket.disconnect())
  const ask = async (frame: Frame): Promise<Frame> =>
    decodeFrame((await socket.emitWithAck('frame', encodeFrame(frame))) as Uint8Array)
  await ask({ kind: 'join', site: 'oslo', joinToken: 'token', imagesBucket: 1, instance: 'i' })
  const sent: number[] = []
  const updateSha256 = digestOf(bytes)
  const claims = {
    format: 'float32',
    samples: 1,
    meanLoss: 1,
    steps: 1,
    planSha256: '',
    baseSha256: '',
  }
  const upload = (attempt = 1) =>
    uploadUpdate({
      url: coordinator.url,
      token: 'session-1',
      work: { round: 1, updateSha256, updateBytes: bytes.length, ...claims },
      file,
      ask,
      left: ({ content, sha256 = digestOf(content) }) => {
        expect(sha256).toBe(digestOf(content))
        sent.push(content.length)
      },
      attempt,
      signal: new AbortController().signal,
    })
  return { coordinator, upload, sent, updateSha256 }
}

test('an update is sent in chunks with their digests, and only what is missing is sent again', async () => {
  const { coordinator, upload, sent, updateSha256 } = await setUp()
  await upload()
  expect(sent.toSorted((a, b) => b - a)).toEqual([CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES / 2])
  expect(digestOf(coordinator.uploads.get(updateSha256)!)).toBe(updateSha256)
  coordinator.uploads.get(updateSha256)!.set([1, 2, 3], CHUNK_BYTES)
  await upload()
  expect(sent.slice(3)).toEqual([CHUNK_BYTES])
  await upload()
  expect(sent).toHaveLength(4)
})

test('after an attempt that failed, chunks go one at a time', async () => {
  const { coordinator, upload, updateSha256 } = await setUp()
  await upload(2)
  expect(digestOf(coordinator.uploads.get(updateSha256)!)).toBe(updateSha256)
  expect(coordinator.mostAtOnce).toBe(1)
})

test('a coordinator of version 1 is sent what follows what it has', async () => {
  const { coordinator, upload, sent, updateSha256 } = await setUp({ protocol: 1 })
  coordinator.uploads.set(updateSha256, bytes.subarray(0, 10))
  await upload()
  expect(sent).toEqual([CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES / 2 - 10])
  expect(digestOf(coordinator.uploads.get(updateSha256)!)).toBe(updateSha256)
})
