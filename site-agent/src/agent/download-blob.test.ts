import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { io } from 'socket.io-client'
import { encodeFrame } from '@consilium/proto'
import { smallPlan } from '../testing/small-plan.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import {
  digestOf,
  TestCoordinator,
  type TestCoordinatorOptions,
} from '../testing/test-coordinator.ts'
import { downloadBlob } from './download-blob.ts'

const newFolder = temporaryFolders()
const running: TestCoordinator[] = []
afterEach(() => Promise.all(running.splice(0).map((coordinator) => coordinator.stop())))

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251)
const blob = { sha256: digestOf(bytes), bytes: bytes.length }

/** A coordinator with one session, and where to put the blob. */
async function setUp(options: Partial<TestCoordinatorOptions> = {}) {
  const coordinator = await TestCoordinator.start({ plan: smallPlan, blobs: [bytes], ...options })
  running.push(coordinator)
  const socket = io(`${coordinator.url}/site`)
  const join = {
    kind: 'join',
    site: 'oslo',
    joinToken: 'token',
    imagesBucket: 1,
    instance: 'i',
  } as const
  await socket.emitWithAck('frame', encodeFrame(join))
  socket.disconnect()
  const folder = await newFolder()
  const file = path.join(folder, 'model', 'a.safetensors')
  const download = (token = 'session-1') =>
    downloadBlob({ url: coordinator.url, token, blob, file, signal: new AbortController().signal })
  return { coordinator, file, download }
}

test('the file is there, whole and private, and is not fetched twice', async () => {
  const { coordinator, file, download } = await setUp()
  await download()
  await download()
  expect(Buffer.compare(await readFile(file), bytes)).toBe(0)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(coordinator.downloads).toEqual(['all'])
})

test('a download goes on behind the bytes that an earlier one left', async () => {
  const { coordinator, file, download } = await setUp()
  await mkdir(path.dirname(file))
  await writeFile(`${file}.part`, bytes.subarray(0, 100_000))
  await download()
  expect(Buffer.compare(await readFile(file), bytes)).toBe(0)
  expect(coordinator.downloads).toEqual(['bytes=100000-'])
})

test('a connection that breaks leaves no file, and the next attempt completes it', async () => {
  const { file, download } = await setUp({ cutDownloadAfter: 100_000 })
  await expect(download()).rejects.toMatchObject({ code: 'COORDINATOR_OFFLINE', retryable: true })
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' })
  await download()
  expect(Buffer.compare(await readFile(file), bytes)).toBe(0)
})

test('bytes that do not have the announced digest are not kept', async () => {
  const { file, download } = await setUp({
    tamper: (whole) => whole.map((x, i) => (i === 5 ? x ^ 1 : x)),
  })
  await expect(download()).rejects.toMatchObject({ code: 'BLOB_DIGEST_MISMATCH', retryable: true })
  expect(await readdir(path.dirname(file))).toEqual([])
})

test('COORDINATOR_ANSWER: a digest that is none is not made a name of', async () => {
  const { coordinator, file } = await setUp()
  const signal = new AbortController().signal
  for (const sha256 of ['../../outside/victim', 'a\0b', blob.sha256.toUpperCase()])
    await expect(
      downloadBlob({
        url: coordinator.url,
        token: 'session-1',
        blob: { ...blob, sha256 },
        file,
        signal,
      }),
    ).rejects.toMatchObject({ code: 'COORDINATOR_ANSWER' })
  expect(coordinator.downloads).toEqual([])
})

test('more bytes than announced are not taken', async () => {
  const { download } = await setUp({ tamper: (whole) => Buffer.concat([whole, whole]) })
  await expect(download()).rejects.toMatchObject({ code: 'COORDINATOR_ANSWER' })
})

test('a part file that is longer than the blob is begun again', async () => {
  const { file, download } = await setUp()
  await download()
  const { file: other, download: again } = await setUp()
  await again()
  await writeFile(`${other}.part`, Buffer.concat([bytes, bytes]))
  await writeFile(other, 'damaged')
  await again()
  expect(Buffer.compare(await readFile(other), await readFile(file))).toBe(0)
})

test('what the coordinator refuses with comes through, and so does an unknown session', async () => {
  const { download } = await setUp()
  await expect(download('session-0')).rejects.toMatchObject({
    code: 'SESSION_UNKNOWN',
    retryable: true,
  })
})

test('without a coordinator the error is retryable', async () => {
  const { coordinator, download } = await setUp()
  await coordinator.stop()
  running.pop()
  await expect(download()).rejects.toMatchObject({ code: 'COORDINATOR_OFFLINE', retryable: true })
})
