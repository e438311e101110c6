import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Frames } from '@consilium/proto'
import { encodeSafetensors, sha256, type NamedArray } from '@consilium/weights'
import { smallPlan, smallWeights } from '../testing/small-study.ts'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import type { Delivery, TestSite } from '../testing/test-site.ts'
import { MAX_SAMPLES, MAX_STEPS, UPDATE_HEADROOM_BYTES } from './check-offer.ts'

const folder = useStateFolder()
const start = useCoordinators()

let running: Running
let oslo: TestSite
let bern: TestSite
let invitation: Frames['roundInvitation']

beforeEach(async () => {
  running = await start(folder(), { plan: smallPlan({ sites: 2 }) })
  oslo = await running.joined('oslo')
  bern = await running.joined('bern')
  invitation = await oslo.next('roundInvitation')
})

const decision = (offset: number, missingChunks: readonly number[] = []) => ({
  kind: 'updateDecision',
  offset,
  missingChunks,
})

const withValue = (name: string, array: NamedArray): Uint8Array =>
  encodeSafetensors(
    new Map([...smallWeights()].map(([key, own]) => [key, key === name ? array : own])),
  )

const gain = 'backbone/norm/gain'

const refusedContents: [string, string, () => Uint8Array][] = [
  [
    'UPDATE_NOT_FINITE',
    'a NaN',
    () => withValue(gain, { shape: [2], data: new Float32Array([NaN, 0]) }),
  ],
  [
    'UPDATE_NORM',
    'finite values that no training leads to',
    () => withValue(gain, { shape: [2], data: new Float32Array([1e25, 0]) }),
  ],
  [
    'UPDATE_SHAPE_MISMATCH',
    'another shape',
    () => withValue(gain, { shape: [1], data: new Float32Array(1) }),
  ],
  [
    'UPDATE_SHAPE_MISMATCH',
    'a tensor too few',
    () => encodeSafetensors(new Map([...smallWeights()].slice(1))),
  ],
  ['UPDATE_FORMAT', 'bytes that are no weights', () => Buffer.from('hello')],
]

test.each(refusedContents)('%s: an update with %s is not folded', async (code, _, bytes) => {
  expect(await oslo.deliver(invitation, { bytes: bytes() })).toMatchObject({
    kind: 'error',
    code,
    retryable: false,
  })
  expect(await running.recorded('update-refused')).toMatchObject({ round: 1, site: 'oslo', code })
  expect(readdirSync(join(folder(), 'spool', 'incoming', 'oslo'))).toEqual([])
  const view = await running.view()
  expect(view.rounds[0]).toMatchObject({ losses: {}, refusals: [{ site: 'oslo', code }] })
  expect(await oslo.deliver(invitation)).toMatchObject({ kind: 'updateAck' })
})

const refusedClaims: [string, Delivery['claims']][] = [
  ['UPDATE_WRONG_ROUND', { round: 2 }],
  ['UPDATE_WRONG_BASE', { baseSha256: 'f'.repeat(64) }],
  ['UPDATE_WRONG_PLAN', { planSha256: 'f'.repeat(64) }],
  ['UPDATE_TOO_LARGE', { updateBytes: UPDATE_HEADROOM_BYTES * 2 }],
  ['UPDATE_CLAIM_OUT_OF_RANGE', { samples: 0 }],
  ['UPDATE_CLAIM_OUT_OF_RANGE', { samples: MAX_SAMPLES + 1 }],
  ['UPDATE_CLAIM_OUT_OF_RANGE', { steps: MAX_STEPS + 1 }],
  ['UPDATE_CLAIM_OUT_OF_RANGE', { meanLoss: NaN }],
  ['UPDATE_CLAIM_OUT_OF_RANGE', { updateSha256: '../../../etc/passwd' }],
]

test.each(refusedClaims)(
  '%s: an offer of %o is refused before its bytes move',
  async (code, claims) => {
    const offer = oslo.offerOf(invitation, Buffer.from('x'), { claims: claims! })
    expect(await oslo.request(offer)).toMatchObject({ kind: 'error', code })
    expect(existsSync(join(folder(), 'spool', 'incoming', 'oslo'))).toBe(false)
  },
)

test('UPDATE_NOT_INVITED: a site that joined after the round opened waits for the next one', async () => {
  const rome = await running.joined('rome')
  expect(await rome.deliver(invitation)).toMatchObject({ code: 'UPDATE_NOT_INVITED' })
})

test('UPDATE_DIGEST_MISMATCH: bytes that are not those announced are dropped', async () => {
  const oslo = await running.joined('oslo', { protocol: 1 })
  const bytes = encodeSafetensors(smallWeights())
  const offer = oslo.offerOf(invitation, bytes)
  await oslo.request(offer)
  const tampered = Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte))
  await oslo.put(tampered, { from: 0, total: bytes.length, digest: offer.updateSha256 })
  const commit = { kind: 'updateCommit', round: 1, updateSha256: offer.updateSha256 } as const
  expect(await oslo.request(commit)).toMatchObject({ code: 'UPDATE_DIGEST_MISMATCH' })
  expect(await oslo.request(offer)).toEqual(decision(0))
})

test('an update sent again is acknowledged again; another one in its place is refused', async () => {
  const first = { bytes: encodeSafetensors(smallWeights()) }
  const ack = await oslo.deliver(invitation, first)
  expect(await oslo.deliver(invitation, first)).toEqual(ack)
  expect(await oslo.deliver(invitation)).toMatchObject({ code: 'UPDATE_DUPLICATE' })
  expect(running.entries.filter(({ kind }) => kind === 'update-spooled')).toHaveLength(1)
})

test('an update of a round that is over is acknowledged again if it is in, else refused', async () => {
  const bytes = encodeSafetensors(smallWeights())
  await Promise.all([oslo.deliver(invitation, { bytes }), bern.deliver(invitation)])
  await running.recorded('round-committed')
  const offer = oslo.offerOf(invitation, bytes)
  expect(await oslo.request(offer)).toEqual(decision(bytes.length))
  const { updateSha256 } = offer
  expect(await oslo.request({ kind: 'updateCommit', round: 1, updateSha256 })).toMatchObject({
    kind: 'updateAck',
  })
  expect(await bern.request(bern.offerOf(invitation, bytes))).toMatchObject({
    code: 'UPDATE_WRONG_ROUND',
    message: expect.stringContaining('round 2 is open') as unknown,
  })
})

test('version 1: an upload goes on where it stopped, after a restart of the coordinator too', async () => {
  oslo = await running.joined('oslo', { protocol: 1 })
  const bytes = encodeSafetensors(smallWeights())
  const offer = oslo.offerOf(invitation, bytes)
  const to = { total: bytes.length, digest: offer.updateSha256 }
  await oslo.request(offer)
  const half = await oslo.put(bytes.subarray(0, 100), { from: 0, ...to })
  expect([half.status, await half.json()]).toMatchObject([200, { offset: 100 }])
  await running.close()

  running = await start(folder(), { plan: undefined })
  oslo = await running.joined('oslo', { protocol: 1 })
  expect(await oslo.request(offer)).toEqual(decision(100))
  expect(await oslo.deliver(invitation, { bytes })).toMatchObject({ kind: 'updateAck' })
  expect(await running.recorded('update-spooled')).toMatchObject({ sha256: sha256(bytes) })
})

test('version 1: a chunk from the wrong place is told where to go on', async () => {
  oslo = await running.joined('oslo', { protocol: 1 })
  const bytes = encodeSafetensors(smallWeights())
  const offer = oslo.offerOf(invitation, bytes)
  const to = { total: bytes.length, digest: offer.updateSha256 }
  await oslo.request(offer)
  await oslo.put(bytes.subarray(0, 10), { from: 0, ...to })
  const again = await oslo.put(bytes.subarray(0, 10), { from: 0, ...to })
  expect([again.status, await again.json()]).toMatchObject([
    409,
    { code: 'UPDATE_WRONG_OFFSET', offset: 10, retryable: true },
  ])
  const beyond = await oslo.put(Buffer.alloc(bytes.length), { from: 10, ...to })
  expect(beyond.status).toBe(409)
  const commit = { kind: 'updateCommit', round: 1, updateSha256: offer.updateSha256 } as const
  expect(await oslo.request(commit)).toMatchObject({ code: 'UPDATE_INCOMPLETE', retryable: true })
})

test('a chunk of an update that was not offered is refused', async () => {
  const answer = await oslo.put(Buffer.from('x'), { from: 0, total: 1, digest: 'a'.repeat(64) })
  expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'UPDATE_NOT_OFFERED' }])
})

test('version 1: a part that is longer than the update on offer is begun anew', async () => {
  oslo = await running.joined('oslo', { protocol: 1 })
  const bytes = encodeSafetensors(smallWeights())
  const offer = oslo.offerOf(invitation, bytes)
  await oslo.request(offer)
  const part = join(folder(), 'spool', 'incoming', 'oslo', `${offer.updateSha256}.part`)
  writeFileSync(part, Buffer.alloc(bytes.length + 1))
  expect(await oslo.request(offer)).toEqual(decision(0))
})

test('an update is a blob until its round is committed', async () => {
  await oslo.deliver(invitation)
  const { sha256: digest } = await running.recorded('update-spooled')
  const blob = join(folder(), 'blobs', 'sha256', digest.slice(0, 2), digest)
  expect(existsSync(blob)).toBe(true)
  await bern.deliver(invitation)
  await oslo.next('roundResult')
  await running.close()
  expect(existsSync(blob)).toBe(false)
})

test('a site that sends the model as its update does not have it deleted', async () => {
  const { sha256: digest } = running.state().model
  const model = new Uint8Array(await (await oslo.get(`/v1/blobs/${digest}`)).arrayBuffer())
  await oslo.deliver(invitation, { bytes: model })
  await bern.deliver(invitation, { bytes: model })
  await running.recorded('round-opened', 2)
  expect((await oslo.get(`/v1/blobs/${digest}`)).status).toBe(200)
})
