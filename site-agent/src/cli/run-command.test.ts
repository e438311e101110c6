/** `consilium-site run` as a process that is stopped and started again, against a test coordinator. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { initialParameters } from '@consilium/learning/parameters'
import { parsePlan } from '@consilium/study'
import { encodeSafetensors } from '@consilium/weights'
import { smallPlan } from '../testing/small-plan.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { digestOf, TestCoordinator } from '../testing/test-coordinator.ts'
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

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

interface Event {
  readonly event: string
  readonly step?: number
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
  coordinator = await TestCoordinator.start({
    plan,
    blobs: [model],
    greeting: {
      kind: 'roundInvitation',
      study: plan.name,
      round: 1,
      baseSha256: digestOf(model),
      baseBytes: model.length,
      deadlineInMs: 600_000,
    },
  })
  endings.push(() => coordinator.stop())
})

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
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  endings.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
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

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'an agent that gets %s in mid-round goes on where it was, and its update has the same bytes',
  async (signal) => {
    const state = path.join(await newFolder(), 'state')
    const { child, lines } = start(state)
    await next(lines, 'progress')
    if (signal === 'SIGKILL') await checkpointed(state)
    child.kill(signal)
    await once(child, 'exit')
    const again = start(state)
    const { step } = await next(again.lines, 'resumed')
    expect(step).toBeGreaterThan(0)
    await next(again.lines, 'uploaded')
    const { updateSha256 } = await coordinator.received('updateCommit')
    expect(updateSha256).toBe(await updateOf(path.join(await newFolder(), 'state')))
  },
  60_000,
)
