/** `consilium-site run` as a process that is stopped and started again, against a test coordinator. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { initialParameters } from '@consilium/learning/parameters'
import type { Frame } from '@consilium/proto'
import { parsePlan } from '@consilium/study'
import { encodeSafetensors } from '@consilium/weights'
import { smallPlan } from '../testing/small-plan.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import {
  digestOf,
  TestCoordinator,
  type TestCoordinatorOptions,
} from '../testing/test-coordinator.ts'
import { writeImages } from '../testing/write-images.ts'

const newFolder = temporaryFolders()
const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const sourceFlags = [
  '--conditions=consilium-source',
  '--experimental-strip-types',
  '--disable-warning=ExperimentalWarning',
]
/** Trains for some seconds. */
const plan = parsePlan({ ...smallPlan, schedule: { ...smallPlan.schedule, localEpochs: 400 } })
const model = encodeSafetensors(initialParameters(plan))

const later: Frame = { kind: 'error', code: 'A_B', message: 'Later.', retryable: true }

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

interface Event {
  readonly event: string
  readonly step?: number
  readonly what?: string
  readonly round?: number
}

let films: string
let coordinator: TestCoordinator
beforeAll(async () => {
  films = await newFolder()
  await writeImages(
    films,
    Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`unlabelled/${i}.png`, 10 * i])),
  )
})
beforeEach(async () => {
  coordinator = await startCoordinator()
})

async function startCoordinator(
  options: Partial<TestCoordinatorOptions> = {},
): Promise<TestCoordinator> {
  const started = await TestCoordinator.start({
    plan,
    blobs: [model],
    greeting: {
      kind: 'roundInvitation',
      study: plan.name,
      round: 1,
      baseSha256: digestOf(model),
      baseBytes: model.length,
      deadlineInMs: 600_000,
      controlSha256: '',
      controlBytes: 0,
    },
    ...options,
  })
  endings.push(() => started.stop())
  return started
}

function start(state: string): { child: ChildProcess; lines: AsyncIterator<string> } {
  const args = ['run', '--coordinator', coordinator.url, '--site', 'oslo', '--data', films]
  const child = spawn(
    process.execPath,
    [
      ...sourceFlags,
      main,
      ...args,
      ...['--state', state, '--threads', '1', '--checkpoint-seconds', '1', '--json'],
    ],
    {
      env: { PATH: process.env['PATH'], CONSILIUM_JOIN_TOKEN: 'token' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  endings.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  child.stderr.resume()
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

async function next(lines: AsyncIterator<string>, name: string): Promise<Event> {
  for (;;) {
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`ended without '${name}'`)
    const event = JSON.parse(value) as Event
    if (event.event === name) return event
  }
}

/** Resolves when a whole checkpoint has been written below `state`. */
async function checkpointed(state: string): Promise<void> {
  for await (const { filename } of watch(state, { recursive: true }))
    if (/^checkpoint.*\.safetensors$/.test(filename ?? '')) return
}

async function updateOf(state: string): Promise<string> {
  const { lines } = start(state)
  await next(lines, 'uploaded')
  return (await coordinator.received('updateCommit')).updateSha256
}

async function expectSameUpdateAgain(state: string): Promise<void> {
  const again = start(state)
  const { step } = await next(again.lines, 'resumed')
  expect(step).toBeGreaterThan(0)
  await next(again.lines, 'uploaded')
  const { updateSha256 } = await coordinator.received('updateCommit')
  expect(updateSha256).toBe(await updateOf(path.join(await newFolder(), 'state')))
}

test('an agent that is killed in mid-round goes on where it was, and its update has the same bytes', async () => {
  const state = path.join(await newFolder(), 'state')
  const { child, lines } = start(state)
  await next(lines, 'progress')
  await checkpointed(state)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await expectSameUpdateAgain(state)
}, 60_000)

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  'an agent that gets %s in mid-round says what it has saved, and goes on from there to the same bytes',
  async (signal, exitCode) => {
    const state = path.join(await newFolder(), 'state')
    const { child, lines } = start(state)
    await next(lines, 'progress')
    child.kill(signal)
    const saved = await next(lines, 'saved')
    expect(saved).toMatchObject({ what: 'training', round: 1 })
    expect(saved.step).toBeGreaterThan(0)
    await next(lines, 'stopped')
    await once(child, 'exit')
    expect(child.exitCode).toBe(exitCode)
    if (signal === 'SIGTERM') await expectSameUpdateAgain(state)
  },
  60_000,
)

test('a second Ctrl-C ends an agent at once whose trainer does not answer', async () => {
  const { child, lines } = start(path.join(await newFolder(), 'state'))
  await next(lines, 'progress')
  const trainer = Number(execFileSync('pgrep', ['-P', String(child.pid)]))
  process.kill(trainer, 'SIGSTOP')
  child.kill('SIGINT')
  await text(child.stderr!, 'Stopping')
  const began = performance.now()
  child.kill('SIGINT')
  await once(child, 'exit')
  process.kill(trainer, 'SIGKILL')
  expect(child.exitCode).toBe(130)
  // Half the time that a trainer has to stop.
  expect(performance.now() - began).toBeLessThan(2500)
}, 60_000)

async function text(stream: Readable, wanted: string): Promise<void> {
  let seen = ''
  for await (const piece of stream) {
    seen += String(piece)
    if (seen.includes(wanted)) return
  }
}

test('an update that could not be delivered when the agent was stopped is said to be saved', async () => {
  const state = path.join(await newFolder(), 'state')
  await coordinator.stop()
  coordinator = await startCoordinator({
    port: coordinator.port,
    answer: (frame) => (frame.kind === 'updateOffer' ? later : undefined),
  })
  const { child, lines } = start(state)
  await coordinator.received('updateOffer')
  child.kill('SIGTERM')
  expect(await next(lines, 'saved')).toMatchObject({ what: 'update', round: 1 })
  await once(child, 'exit')
}, 60_000)
