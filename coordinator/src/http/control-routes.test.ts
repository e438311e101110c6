import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { smallPlan } from '../testing/small-study.ts'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { useStateFolder } from '../testing/state-folder.ts'

const folder = useStateFolder()
const start = useCoordinators()

const tokenFile = () => join(folder(), 'operator-token')

async function post(
  running: Running,
  kind: string,
  body?: unknown,
  token?: string,
): Promise<Record<string, unknown>> {
  const authorization = `Bearer ${token ?? readFileSync(tokenFile(), 'utf8').trim()}`
  const response = await fetch(`${running.url}/v1/study/${kind}`, {
    method: 'POST',
    headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, ...((await response.json()) as object) }
}

test('orders need the token of the operator, which only its owner can read', async () => {
  const running = await start(folder())
  expect(statSync(tokenFile()).mode & 0o777).toBe(0o600)
  const without = await fetch(`${running.url}/v1/study/pause`, { method: 'POST' })
  expect([without.status, await without.json()]).toMatchObject([
    401,
    { code: 'OPERATOR_TOKEN_MISSING' },
  ])
  for (const guess of ['guess', running.joinToken]) {
    expect(await post(running, 'stop', {}, guess)).toMatchObject({
      status: 401,
      code: 'OPERATOR_TOKEN_WRONG',
    })
  }
  expect(running.state().orders).toMatchObject({ paused: undefined, stopping: undefined })
})

test('a pause survives a restart with its reason, and the sites go on after it', async () => {
  const first = await start(folder(), { plan: smallPlan({ sites: 1, quorum: 1, rounds: 1 }) })
  expect(await post(first, 'pause', { reason: 'mains work in Bern' })).toMatchObject({
    status: 200,
    changed: true,
    state: 'gathering',
    wait: 'paused by the operator (mains work in Bern); waiting for sites: 0 of 1 joined',
  })
  expect(await post(first, 'pause')).toMatchObject({ changed: false })
  await first.close()

  const second = await start(folder(), { plan: undefined })
  const oslo = await second.joined('oslo')
  expect((await second.view()).wait).toBe(
    'paused by the operator (mains work in Bern); waiting for sites: 1 of 1 joined (oslo)',
  )
  expect(await post(second, 'resume')).toMatchObject({ changed: true, state: 'collecting' })
  await oslo.deliver(await oslo.next('roundInvitation'))
  await oslo.next('release')
})

test('the deadline that a pause stopped goes on after a restart with what was left', async () => {
  const plan = smallPlan({ sites: 2, quorum: 1, rounds: 1, deadlineSeconds: 3600 })
  const first = await start(folder(), { plan })
  await Promise.all([first.joined('oslo'), first.joined('bern')])
  await first.recorded('round-opened')
  await post(first, 'extend', { deadlineMs: 7_200_000 })
  await post(first, 'pause')
  const { remainingMs } = await first.recorded('deadline-noted')
  expect(remainingMs).toBeGreaterThan(7_100_000)
  await first.close()
  const second = await start(folder(), { plan: undefined })
  expect((await second.view()).wait).toMatch(/the deadline stands still with 2 h left$/)
  expect((await post(second, 'resume'))['wait']).toMatch(/deadline in 2 h$/)
})

test('a stopped study releases what it has, to sites that are away too', async () => {
  const running = await start(folder(), { plan: smallPlan({ sites: 1, quorum: 1, rounds: 9 }) })
  const oslo = await running.joined('oslo')
  await oslo.deliver(await oslo.next('roundInvitation'))
  const { model } = await running.recorded('round-committed')
  expect(await post(running, 'extend', { rounds: 12 })).toMatchObject({ orders: { rounds: 12 } })
  await oslo.next('roundInvitation')
  expect(await post(running, 'stop', {})).toMatchObject({ changed: true, committed: 1 })
  await running.recorded('round-dropped')
  await oslo.next('release')
  expect((await running.view()).rounds).toMatchObject([{ status: 'committed', model }])
  expect(await post(running, 'resume')).toMatchObject({ status: 409, code: 'CONTROL_STUDY_ENDED' })
  expect(await (await running.joined('bern')).next('release')).toBeDefined()
})

test('a stopped round leaves no update on the disk', async () => {
  const running = await start(folder(), { plan: smallPlan({ sites: 2, quorum: 2, rounds: 1 }) })
  const oslo = await running.joined('oslo')
  await running.joined('bern')
  await oslo.deliver(await oslo.next('roundInvitation'))
  const { sha256 } = await running.recorded('update-spooled')
  const blob = join(folder(), 'blobs', 'sha256', sha256.slice(0, 2), sha256)
  expect(existsSync(blob)).toBe(true)
  expect(await post(running, 'stop', {})).toMatchObject({ state: 'aborted' })
  await running.close()
  expect(existsSync(blob)).toBe(false)
})

test.each([
  ['pause', { reason: 'two\nlines' }],
  ['pause', { reason: 'x'.repeat(201) }],
  ['pause', { until: 'noon' }],
  ['start', { sites: 1.5 }],
  ['stop', { afterRound: 'yes' }],
  ['extend', {}],
  ['extend', { rounds: '9' }],
  ['resume', []],
])('%s refuses a body it does not know: %j', async (kind, body) => {
  const running = await start(folder())
  expect(await post(running, kind, body)).toMatchObject({ status: 400, code: 'HTTP_BAD_REQUEST' })
})
