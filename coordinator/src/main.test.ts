import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { encodeSafetensors } from '@consilium/weights'
import { useProcesses } from './testing/run-process.ts'
import { smallPlan, smallWeights } from './testing/small-study.ts'
import { useStateFolder } from './testing/state-folder.ts'
import { TestSite } from './testing/test-site.ts'

const folder = useStateFolder()
const consilium = useProcesses()
const sites: TestSite[] = []

afterEach(() => {
  for (const site of sites.splice(0)) site.close()
})

function writePlan(options: Parameters<typeof smallPlan>[0] = {}): string {
  const path = join(folder(), 'plan.json')
  writeFileSync(path, JSON.stringify(smallPlan(options)))
  return path
}

const serve = (state: string, ...args: readonly string[]) =>
  consilium('serve', '--state', join(folder(), state), '--json', ...args)

/** Three sites that take part until the release; resolves with its digest. */
async function takePart(url: string, joinToken: string): Promise<string> {
  const made = ['oslo', 'bern', 'rome'].map((site) => new TestSite({ url, joinToken, site }))
  sites.push(...made)
  const [release] = await Promise.all(made.map((site) => site.takePart()))
  return release!.modelSha256
}

test('killed in the second round and started again, it releases what it would have released', async () => {
  const plan = writePlan({ sites: 3, quorum: 3, rounds: 3 })
  const whole = serve('whole', '--plan', plan, '--port', '0', '--join-token', 'secret')
  const undisturbed = await takePart(String((await whole.event('listening'))['url']), 'secret')

  const first = serve('killed', '--plan', plan, '--port', '0', '--join-token', 'secret')
  const url = String((await first.event('listening'))['url'])
  const release = takePart(url, 'secret')
  await first.event('update-spooled', ({ round }) => round === 2)
  first.child.kill('SIGKILL')
  await first.ended
  const second = serve('killed', '--port', new URL(url).port)
  expect(await second.event('recovered')).toMatchObject({ study: 'small', round: 2 })
  expect(await second.event('finished')).toMatchObject({ sha256: undisturbed })
  expect(await release).toBe(undisturbed)
  expect((await first.ended).stdout.some(({ event }) => event === 'study-released')).toBe(false)
}, 20_000)

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it cleanly with code 0', async (signal) => {
  const running = serve('state', '--plan', writePlan(), '--port', '0')
  await running.event('listening')
  running.child.kill(signal)
  expect((await running.ended).code).toBe(0)
})

test('a second signal ends it at once, before everything has stopped', async () => {
  const running = serve('state', '--plan', writePlan(), '--port', '0', '--log-json')
  const { url } = await running.event('listening')
  const { port, hostname } = new URL(String(url))
  // Half a request, which is waited for when everything else has stopped.
  const waitedFor = connect(Number(port), hostname)
  waitedFor.on('error', () => undefined).write('GET /livez HTTP/1.1\r\n')
  await once(waitedFor, 'connect')
  const stopping = new Promise<void>((resolve) => {
    running.child.stderr!.on('data', (text) => {
      if (String(text).includes('stopping')) resolve()
    })
  })
  running.child.kill('SIGTERM')
  await stopping
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(102)
  waitedFor.destroy()
})

test('it says how a site joins, keeps the token to itself, and goes on with it', async () => {
  const first = serve('state', '--plan', writePlan(), '--port', '0')
  const { joinToken, study, url, dashboard } = await first.event('listening')
  expect({ study, dashboard }).toEqual({ study: 'small', dashboard: `${String(url)}/` })
  expect(statSync(join(folder(), 'state', 'join-token')).mode & 0o777).toBe(0o600)
  first.child.kill('SIGTERM')
  const { stderr } = await first.ended
  expect(stderr).toContain(`CONSILIUM_JOIN_TOKEN=${String(joinToken)} consilium-site run`)
  const second = serve('state', '--port', '0')
  expect(await second.event('listening')).toMatchObject({ joinToken })
  second.child.kill('SIGTERM')
  const again = await second.ended
  expect(again.stdout[0]).toMatchObject({ event: 'recovered', events: 1, round: 1 })
  expect(again.stderr).toMatch(
    /^Recovered study small: round 1 of \d+, in \d+\.\d s from 1 event\n/,
  )
})

test('a second process on the same state folder ends with a sentence', async () => {
  await serve('state', '--plan', writePlan(), '--port', '0').event('listening')
  const { code, stdout, stderr } = await serve('state', '--port', '0').ended
  expect([code, stdout]).toMatchObject([100, [{ event: 'error', code: 'STATE_FOLDER_IN_USE' }]])
  expect(stderr).toMatch(/^STATE_FOLDER_IN_USE: Another coordinator is running .* Stop it first/)
})

test.each([
  ['no plan', undefined, 'STATE_NO_STUDY'],
  ['a plan that is no JSON', '{', 'INPUT_FILE'],
  ['a plan with a wrong field', '{"schema": 2}', 'STUDY_INVALID_PLAN'],
])('with %s it makes no state folder', async (_, text, error) => {
  const path = join(folder(), 'plan.json')
  if (text !== undefined) writeFileSync(path, text)
  const args = text === undefined ? [] : ['--plan', path]
  const { code, stdout } = await serve('state', ...args).ended
  expect([code, stdout]).toMatchObject([100, [{ event: 'error', code: error }]])
  expect(statSync(join(folder(), 'state'), { throwIfNoEntry: false })).toBeUndefined()
})

test('a state folder that cannot be one is named in a sentence', async () => {
  writeFileSync(join(folder(), 'state'), 'a file')
  const { code, stderr } = await serve('state', '--plan', writePlan()).ended
  expect(code).toBe(100)
  expect(stderr).toMatch(/^INPUT_FILE: The state folder .* cannot be used: EEXIST/)
  expect(stderr).not.toContain('    at ')
})

test.each([
  ['initial weights of another model', {}, ['--initial'], 'WEIGHTS_MISMATCH'],
  ['more sites than a coordinator takes', { sites: 2001 }, [], 'STUDY_INVALID_PLAN'],
])('with %s it makes no state folder', async (_, plan, options, error) => {
  const initial = join(folder(), 'initial.safetensors')
  writeFileSync(initial, encodeSafetensors(smallWeights()))
  const args = ['--plan', writePlan(plan), ...options.flatMap((option) => [option, initial])]
  const { code, stdout } = await serve('state', ...args).ended
  expect([code, stdout]).toMatchObject([100, [{ event: 'error', code: error }]])
  expect(statSync(join(folder(), 'state'), { throwIfNoEntry: false })).toBeUndefined()
})

test('an operator pauses, resumes, extends and stops a study from the command line', async () => {
  const state = join(folder(), 'state')
  const plan = writePlan({ sites: 1, quorum: 1, rounds: 1 })
  const running = serve('state', '--plan', plan, '--port', '0', '--join-token', 'secret', '--hold')
  const url = String((await running.event('listening'))['url'])
  const order = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const command = [...args, '--json', '--coordinator', url, '--state', state]
    const { code, stdout, stderr } = await consilium(...command).ended
    return { exit: code, stderr, ...stdout[0] }
  }
  const site = new TestSite({ url, joinToken: 'secret', site: 'oslo' })
  sites.push(site)
  await site.join()
  expect(await order('pause', '--reason', 'maintenance')).toMatchObject({
    exit: 0,
    changed: true,
    wait: 'paused by the operator (maintenance); waiting for the operator to start the study: 1 of 1 joined (oslo)',
  })
  expect(await order('start')).toMatchObject({ state: 'gathering', orders: { held: false } })
  expect(await order('extend', '--rounds', '3')).toMatchObject({ orders: { rounds: 3 } })
  expect(await order('resume')).toMatchObject({ state: 'collecting' })
  const invitation = await site.next('roundInvitation')
  expect((await order('extend', '--deadline', '2h'))['wait']).toMatch(/0 of 1 in, deadline in 2 h$/)
  expect(await order('stop', '--after-round')).toMatchObject({
    orders: { stopping: 'after-round' },
  })
  await site.deliver(invitation)
  await running.event('finished')
  expect(await order('pause')).toMatchObject({
    exit: 100,
    stderr: expect.stringMatching(/^CONTROL_STUDY_ENDED: Study small has had its last/) as unknown,
  })
}, 30_000)

test('status says in sentences what the study waits for, and an address without a coordinator', async () => {
  const running = serve('state', '--plan', writePlan({ sites: 2 }), '--port', '0')
  const url = String((await running.event('listening'))['url'])
  const asked = consilium('status', '--coordinator', url, '--json')
  expect((await asked.ended).stdout[0]).toMatchObject({
    state: 'gathering',
    wait: 'waiting for sites: 0 of 2 joined',
  })
  running.child.kill('SIGTERM')
  await running.ended
  const { code, stderr } = await consilium('status', '--coordinator', url).ended
  expect([code, stderr]).toEqual([
    100,
    expect.stringMatching(/^COORDINATOR_UNREACHABLE: .*ECONNREFUSED/),
  ])
})
