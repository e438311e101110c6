import { MAX_FRAME_BYTES, decodeFrame, encodeFrame } from '@consilium/proto'
import { JOIN_TOKEN, useCoordinators } from '../testing/run-coordinator.ts'
import { smallPlan } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'

const folder = useStateFolder()
const start = useCoordinators()

const hello = {
  kind: 'hello',
  protocolMin: 1,
  protocolMax: 1,
  agentVersion: '0.1.0',
} as const

test('an agent that speaks only newer versions is told both ranges and which side to upgrade', async () => {
  const site = (await start(folder())).site('oslo')
  expect(await site.request({ ...hello, protocolMin: 3, protocolMax: 4 })).toMatchObject({
    kind: 'error',
    code: 'PROTO_VERSION_MISMATCH',
    message: expect.stringMatching(/speaks 1 to 2, the other 3 to 4\. Upgrade/) as unknown,
  })
  expect(await site.request({ ...hello, protocolMax: 3 })).toMatchObject({ protocol: 2 })
})

test.each([
  ['no bytes', Buffer.alloc(0), 'PROTO_MALFORMED'],
  ['garbage', Buffer.from('ffffffff', 'hex'), 'PROTO_MALFORMED'],
  ['text', 'hello', 'PROTO_MALFORMED'],
  ['an object', { kind: 'hello' }, 'PROTO_MALFORMED'],
  ['too much', Buffer.alloc(MAX_FRAME_BYTES + 1), 'PROTO_FRAME_TOO_LARGE'],
])(
  'a frame of %s is answered by an error, and the connection lives on',
  async (_, payload, code) => {
    const site = (await start(folder())).site('oslo')
    expect(decodeFrame(await site.sendRaw(payload))).toMatchObject({ kind: 'error', code })
    expect(await site.join()).toMatchObject({ kind: 'joined', study: 'small' })
  },
)

test('a field that fills its frame is answered by an error, and the connection lives on', async () => {
  const running = await start(folder())
  const site = await running.joined('oslo')
  const updateSha256 = 'x'.repeat(MAX_FRAME_BYTES - 16)
  expect(await site.request({ kind: 'updateCommit', round: 1, updateSha256 })).toMatchObject({
    code: 'PROTO_INVALID_FIELD',
  })
  expect((await running.view()).sites).toMatchObject([{ site: 'oslo', connected: true }])
})

test('a message far beyond any frame costs the connection, not the coordinator', async () => {
  const running = await start(folder())
  const site = running.site('oslo')
  await site.join()
  const lost = new Promise((resolve) => site.socket.once('disconnect', resolve))
  site.socket.emit('frame', Buffer.alloc(1024 * 1024))
  await lost
  expect((await running.view()).state).toBe('gathering')
})

test('frames out of turn are refused: join before hello, work before join, answers as requests', async () => {
  const site = (await start(folder())).site('oslo')
  const join = {
    kind: 'join',
    site: 'oslo',
    joinToken: '',
    imagesBucket: 1,
    instance: 'i',
  } as const
  const unexpected = { kind: 'error', code: 'PROTO_UNEXPECTED' }
  expect(await site.request(join)).toMatchObject(unexpected)
  expect(await site.request({ kind: 'leave' })).toMatchObject(unexpected)
  await site.join()
  expect(
    await site.request({ kind: 'updateDecision', offset: 0, missingChunks: [] }),
  ).toMatchObject(unexpected)
  expect(await site.request({ ...join, site: 'bern' })).toMatchObject(unexpected)
})

test.each([
  ['JOIN_TOKEN_WRONG', { joinToken: 'guess' }],
  ['JOIN_TOKEN_WRONG', { joinToken: '' }],
  ['SITE_NAME_INVALID', { site: 'Oslo Hospital' }],
  ['SITE_NAME_INVALID', { site: '../oslo' }],
  ['SITE_NAME_INVALID', { site: 'x'.repeat(64) }],
  ['JOIN_MALFORMED', { instance: '' }],
  ['JOIN_MALFORMED', { instance: 'x'.repeat(65) }],
  ['JOIN_MALFORMED', { imagesBucket: 1000 }],
])('%s: nobody joins with %o', async (code, options) => {
  const running = await start(folder())
  expect(await running.site('oslo', options).join()).toMatchObject({ code, retryable: false })
  expect((await running.view()).sites).toEqual([])
})

test('a name belongs to the machine that joined with it until that machine leaves', async () => {
  const running = await start(folder())
  const first = await running.joined('oslo')
  const other = running.site('oslo', { instance: 'another-machine' })
  expect(await other.join()).toMatchObject({ code: 'SITE_NAME_TAKEN' })
  expect(await first.request({ kind: 'leave' })).toEqual({ kind: 'done' })
  expect(await other.join()).toMatchObject({ kind: 'joined' })
  expect(running.entries.map(({ kind }) => kind)).toEqual([
    'site-joined',
    'site-left',
    'site-joined',
  ])
})

test('the same machine on a new connection takes the place of its old one', async () => {
  const running = await start(folder())
  const old = await running.joined('oslo')
  const replaced = new Promise((resolve) => old.socket.once('disconnect', resolve))
  const now = await running.joined('oslo')
  await replaced
  expect((await now.get(`/v1/blobs/${running.state().model.sha256}`)).status).toBe(200)
  expect((await old.get(`/v1/blobs/${running.state().model.sha256}`)).status).toBe(401)
  expect(running.entries.filter(({ kind }) => kind === 'site-joined')).toHaveLength(1)
})

test('a failure with free text for a code is refused', async () => {
  const site = await (await start(folder())).joined('oslo')
  const failure = { kind: 'roundFailed', round: 1, code: 'patient Smith, scan 3' } as const
  expect(await site.request(failure)).toMatchObject({ code: 'PROTO_INVALID_FIELD' })
})

test('progress that is not finite is refused, progress of another round is dropped', async () => {
  const running = await start(folder())
  const site = await running.joined('oslo')
  const progress = {
    kind: 'progress',
    round: 7,
    step: 1,
    steps: 2,
    loss: 1,
    imagesPerSecond: 1,
  } as const
  expect(await site.request({ ...progress, loss: NaN })).toMatchObject({
    code: 'PROTO_INVALID_FIELD',
  })
  expect(await site.request(progress)).toEqual({ kind: 'done' })
  expect((await running.view()).sites[0]?.progress).toBeUndefined()
})

test('a request without a callback is carried out and harms nothing', async () => {
  const running = await start(folder())
  const site = await running.joined('oslo')
  site.socket.emit('frame', encodeFrame({ kind: 'leave' }))
  expect(await running.recorded('site-left')).toMatchObject({ site: 'oslo' })
})

test('a site that speaks version 2 hears what it waits for, one of version 1 does not', async () => {
  const running = await start(folder(), { plan: smallPlan({ sites: 3 }) })
  const newer = running.site('oslo')
  await newer.request({ ...hello, protocolMin: 1, protocolMax: 2 })
  const join = { kind: 'join', site: 'oslo', joinToken: JOIN_TOKEN, imagesBucket: 1 } as const
  await newer.request({ ...join, instance: 'i' })
  expect(await newer.next('waiting')).toEqual({
    kind: 'waiting',
    reason: 'waiting for sites: 1 of 3 joined (oslo)',
    paused: false,
  })
  const older = await running.joined('bern', { protocol: 1 })
  const frames: string[] = []
  older.socket.on('frame', (bytes: Uint8Array) => {
    frames.push(decodeFrame(new Uint8Array(bytes)).kind)
  })
  await running.order('pause', { reason: 'maintenance' })
  let told = await newer.next('waiting')
  while (!told.paused) told = await newer.next('waiting')
  expect(told.reason).toBe(
    'paused by the operator (maintenance); waiting for sites: 2 of 3 joined (bern, oslo)',
  )
  await running.joined('rome')
  await running.order('resume')
  await older.next('roundInvitation')
  expect(frames).toEqual(['roundInvitation'])
})
