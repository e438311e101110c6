import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import type { TestSite } from '../testing/test-site.ts'
import { MAX_CHUNK_BYTES } from '../admission/check-chunks.ts'

const folder = useStateFolder()
const start = useCoordinators()

let running: Running
let site: TestSite

beforeEach(async () => {
  running = await start(folder())
  site = await running.joined('oslo')
})

const at = (path: string, init?: RequestInit) => fetch(`${running.url}${path}`, init)

test('a model is served whole with its length, and in ranges', async () => {
  const { sha256, bytes } = running.state().model
  const whole = await site.get(`/v1/blobs/${sha256}`)
  const body = Buffer.from(await whole.arrayBuffer())
  expect([whole.status, whole.headers.get('content-length')]).toEqual([200, String(bytes)])
  const range = await site.get(`/v1/blobs/${sha256}`, { range: `bytes=${bytes - 8}-` })
  expect([range.status, range.headers.get('content-range')]).toEqual([
    206,
    `bytes ${bytes - 8}-${bytes - 1}/${bytes}`,
  ])
  expect(Buffer.from(await range.arrayBuffer())).toEqual(body.subarray(-8))
  const beyond = await site.get(`/v1/blobs/${sha256}`, { range: `bytes=${bytes}-` })
  expect(beyond.status).toBe(416)
  await running.recorded('model-downloaded', 2)
  expect((await running.view()).wire).toMatchObject({ downloads: 2, bytesDown: bytes + 8 })
})

test('models are for sites with a live session', async () => {
  const { sha256 } = running.state().model
  const without = await at(`/v1/blobs/${sha256}`)
  expect([without.status, await without.json()]).toMatchObject([401, { code: 'SESSION_UNKNOWN' }])
  const headers = { authorization: 'Bearer guess' }
  expect((await at(`/v1/blobs/${sha256}`, { headers })).status).toBe(401)
  expect((await at(`/v1/updates/${sha256}`, { method: 'PUT', body: 'x' })).status).toBe(401)
})

test.each(['f'.repeat(64), 'x', '..%2f..%2fjoin-token'])(
  'nothing but models is served as a blob: %s',
  async (digest) => {
    const answer = await site.get(`/v1/blobs/${digest}`)
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { code: 'BLOB_NOT_SERVED', retryable: false },
    ])
  },
)

test('chunks must say where they belong, and be of a bearable size', async () => {
  const digest = 'a'.repeat(64)
  const headers = { 'content-range': 'bytes 0-9/20' }
  const short = await site.put(Buffer.from('xy'), { from: 0, total: 20, digest, headers })
  expect([short.status, await short.json()]).toMatchObject([400, { code: 'HTTP_BAD_REQUEST' }])
  const huge = await site.put(Buffer.alloc(MAX_CHUNK_BYTES + 1), { from: 0, total: 1, digest })
  expect([huge.status, await huge.json()]).toMatchObject([400, { code: 'HTTP_BAD_REQUEST' }])
})

test('unknown addresses and questions are answered in JSON', async () => {
  const lost = await at('/v2/nothing')
  expect([lost.status, await lost.json()]).toMatchObject([404, { code: 'ROUTE_UNKNOWN' }])
  expect(await (await at('/v1/events?after=x')).json()).toMatchObject({ code: 'HTTP_BAD_REQUEST' })
  expect(await (await at('/v1/models/x/manifest')).json()).toMatchObject({ code: 'MODEL_UNKNOWN' })
  const malformed = await at('/%ff')
  expect([malformed.status, await malformed.json()]).toMatchObject([
    400,
    { code: 'HTTP_BAD_REQUEST', retryable: false },
  ])
})

test('the dashboard and its scripts are served, and may load nothing from elsewhere', async () => {
  const files = [
    '/',
    '/dashboard.js',
    '/dashboard.css',
    '/chart.js',
    '/socket.io/socket.io.esm.min.js',
  ]
  const answers = await Promise.all(files.map((path) => at(path)))
  expect(answers.map(({ status }) => status)).toEqual(files.map(() => 200))
  expect(answers[0]!.headers.get('content-type')).toMatch('text/html')
  expect(answers[0]!.headers.get('content-security-policy')).toMatch("default-src 'none'")
  expect(await answers[0]!.text()).not.toMatch(/https?:\/\//)
})
