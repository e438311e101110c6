import { connect } from 'node:net'
import type { Frame, Frames } from '@consilium/proto'
import { encodeSafetensors } from '@consilium/weights'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { smallPlan, smallWeights } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import type { TestSite } from '../testing/test-site.ts'
import { MAX_CHUNK_BYTES } from './check-chunks.ts'

const folder = useStateFolder()
const start = useCoordinators()

/** Four chunks of 100 bytes and a shorter one. */
const bytes = encodeSafetensors(smallWeights())

let running: Running
let oslo: TestSite
let invitation: Frames['roundInvitation']
let offer: Frames['updateOffer']
let commit: Frames['updateCommit']

beforeEach(async () => {
  running = await start(folder(), { plan: smallPlan({ sites: 2 }) })
  oslo = await running.joined('oslo')
  await running.joined('bern')
  invitation = await oslo.next('roundInvitation')
  offer = oslo.offerOf(invitation, bytes)
  commit = { kind: 'updateCommit', round: 1, updateSha256: offer.updateSha256 }
})

const decision = (offset: number, missingChunks: readonly number[]) => ({
  kind: 'updateDecision',
  offset,
  missingChunks,
})

/** The answer's status and body. */
const send = async (from: number, part = oslo.partAt(bytes, from)) => {
  const place = { from, total: bytes.length, digest: offer.updateSha256 }
  const answer = await oslo.put(part, place)
  return [answer.status, await answer.json()] as [number, unknown]
}

test('chunks come in any order, several at a time; only missing ones are asked for', async () => {
  const { chunkSha256 } = offer
  const all = chunkSha256.map((_, index) => index)
  expect(await oslo.request(offer)).toEqual(decision(0, all))
  await Promise.all([send(300), send(0)])
  expect(await oslo.request(offer)).toEqual(
    decision(
      100,
      all.filter((i) => i !== 0 && i !== 3),
    ),
  )
  expect(await oslo.request(commit)).toMatchObject({ code: 'UPDATE_INCOMPLETE', retryable: true })
  await Promise.all(all.map((index) => send(100 * index)))
  expect(await oslo.request(offer)).toEqual(decision(bytes.length, []))
  expect(await oslo.request(commit)).toMatchObject({ kind: 'updateAck' })
})

test('a chunk that is held is taken again, whatever comes in its place', async () => {
  await oslo.request(offer)
  expect(await send(0)).toEqual([200, { offset: 100, missing: offer.chunkSha256.length - 1 }])
  expect(await send(0, Buffer.alloc(100))).toMatchObject([200, { offset: 100 }])
  expect(await oslo.deliver(invitation, { bytes })).toMatchObject({ kind: 'updateAck' })
})

test('after a restart what is held is found by its digests', async () => {
  await oslo.request(offer)
  await Promise.all([send(200), send(100)])
  await running.close()
  running = await start(folder(), { plan: undefined })
  oslo = await running.joined('oslo')
  const missing = offer.chunkSha256.flatMap((_, i) => (i === 1 || i === 2 ? [] : [i]))
  expect(await oslo.request(offer)).toEqual(decision(0, missing))
  expect(await oslo.deliver(invitation, { bytes })).toMatchObject({ kind: 'updateAck' })
})

test('UPDATE_CHUNK_MISMATCH: a wrong chunk costs only itself', async () => {
  await oslo.request(offer)
  await send(0)
  expect(await send(100, Buffer.alloc(100))).toMatchObject([
    409,
    { code: 'UPDATE_CHUNK_MISMATCH', retryable: true },
  ])
  expect(await send(100)).toMatchObject([200, { offset: 200 }])
})

test('UPDATE_WRONG_OFFSET: bytes that are no chunk are refused', async () => {
  await oslo.request(offer)
  expect(await send(50)).toMatchObject([409, { code: 'UPDATE_WRONG_OFFSET', offset: 0 }])
  expect(await send(0, bytes.subarray(0, 99))).toMatchObject([409, { offset: 0 }])
  expect(await send(100_000, Buffer.alloc(100))).toMatchObject([409, { offset: 0 }])
})

test('what a broken connection left of a chunk is sent again, at once', async () => {
  await oslo.request(offer)
  const { hostname, port } = new URL(running.url)
  const socket = connect(Number(port), hostname)
  socket.write(oslo.putHead({ from: 0, total: bytes.length, digest: offer.updateSha256 }, 100))
  socket.write(bytes.subarray(0, 60))
  // Half a chunk is on its way and nothing more comes; the site has joined by another connection meanwhile.
  for (let answer: Frame | undefined; !isBusy(answer);) answer = await oslo.request(commit)
  expect(await oslo.request(offer)).toMatchObject({
    missingChunks: offer.chunkSha256.map((_, i) => i),
  })
  expect(await send(0)).toMatchObject([200, { offset: 100 }])
  socket.destroy()
})

const isBusy = (answer: Frame | undefined): boolean =>
  answer !== undefined && 'code' in answer && answer.code === 'UPDATE_BUSY'

const wrongCuts: [string, Partial<Frames['updateOffer']>][] = [
  ['chunks of no bytes', { chunkBytes: 0 }],
  [
    'chunks that are too large',
    { chunkBytes: MAX_CHUNK_BYTES + 1, chunkSha256: [new Uint8Array(32)] },
  ],
  ['a chunk too few', { chunkSha256: [new Uint8Array(32)] }],
  ['a digest that is none', { chunkBytes: bytes.length, chunkSha256: [new Uint8Array(31)] }],
]

test.each(wrongCuts)('UPDATE_CLAIM_OUT_OF_RANGE: an offer with %s', async (_, claims) => {
  expect(await oslo.request({ ...offer, ...claims })).toMatchObject({
    code: 'UPDATE_CLAIM_OUT_OF_RANGE',
    retryable: false,
  })
})

test('version 1 and version 2 go on with what the other one left', async () => {
  const old = await running.joined('oslo', { protocol: 1 })
  await old.request(old.offerOf(invitation, bytes))
  const place = { from: 0, total: bytes.length, digest: offer.updateSha256 }
  await old.put(bytes.subarray(0, 250), place)
  oslo = await running.joined('oslo')
  expect(await oslo.request(offer)).toMatchObject({ offset: 200 })
  await send(200)
  const again = await running.joined('oslo', { protocol: 1 })
  expect(await again.deliver(invitation, { bytes })).toMatchObject({ kind: 'updateAck' })
})
