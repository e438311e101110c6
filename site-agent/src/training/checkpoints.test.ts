/** Rounds that are interrupted in the trainer process, against the same round uninterrupted. */
import { subscribe } from 'node:diagnostics_channel'
import type { ChildProcess } from 'node:child_process'
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createStream } from '@consilium/random'
import { parsePlan } from '@consilium/study'
import { smallPlan } from '../testing/small-plan.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { newTrainJob } from '../testing/train-job.ts'
import { createTrainer, type TrainEvent, type TrainJob } from './trainer.ts'

const STEPS = 60
const newFolder = temporaryFolders()
const never = new AbortController().signal
const trainer = createTrainer()
afterAll(() => trainer.close())

let latest: ChildProcess | undefined
subscribe('child_process', (message) => {
  latest = (message as { process: ChildProcess }).process
})

const plan = parsePlan({
  ...smallPlan,
  schedule: { ...smallPlan.schedule, localEpochs: STEPS / 3 },
})

async function newJob(seed = 1): Promise<TrainJob> {
  const job = await newTrainJob(await newFolder(), { plan, seed })
  return { ...job, checkpoints: { ...job.checkpoints, intervalMs: 0 } }
}

/** Trains; kills the process after step `killAt`. Returns what was told. */
async function attempt(job: TrainJob, killAt = Infinity) {
  const events: TrainEvent[] = []
  const result = await trainer
    .train(
      job,
      (event) => {
        events.push(event)
        if (event.kind === 'step' && event.step === killAt) latest!.kill('SIGKILL')
      },
      never,
    )
    .catch(() => undefined)
  const steps = events.filter(({ kind }) => kind === 'step').map((event) => (event as Step).step)
  return { events, steps, result }
}

type Step = TrainEvent & { kind: 'step' }

async function uninterrupted(job: TrainJob) {
  const { result } = await attempt(job)
  const update = await readFile(job.updatedFile)
  await rm(job.updatedFile)
  await rm(job.checkpoints.folder, { recursive: true, force: true })
  return { update, meanLoss: result!.meanLoss }
}

test('a trainer that is killed at random steps ends with the same bytes, and repeats little', async () => {
  const job = await newJob()
  const { update, meanLoss } = await uninterrupted(job)
  const stream = createStream(7, 'kills')
  const kills = Array.from({ length: 4 }, (_, i) => 10 * (i + 1) + stream.integer(10))
  let repeated = 0
  let done = 0
  for (const killAt of kills) {
    const { steps, result } = await attempt(job, killAt)
    expect(result).toBeUndefined()
    repeated += done - (steps[0]! - 1)
    done = steps.at(-1)!
    expect(done).toBeGreaterThanOrEqual(killAt)
  }
  const { steps, result, events } = await attempt(job)
  repeated += done - (steps[0]! - 1)
  expect(events[0]).toEqual({ kind: 'resumed', step: steps[0]! - 1, steps: STEPS })
  expect(steps.at(-1)).toBe(STEPS)
  expect(Buffer.compare(await readFile(job.updatedFile), update)).toBe(0)
  expect(result).toMatchObject({ steps: STEPS, meanLoss })
  // Without checkpoints all of kills would be repeated: more than 100 steps.
  expect(repeated).toBeLessThan(30)
}, 60_000)

test.each<[string, (file: string) => Promise<void>]>([
  ['cut short', (file) => truncate(file, 1000)],
  ['altered', async (file) => writeFile(file, (await readFile(file)).fill(7, 5000, 5001))],
  ['empty', (file) => truncate(file, 0)],
])(
  'a checkpoint that is %s is ignored with a word, and the round gives the same bytes',
  async (_, damage) => {
    const job = await newJob()
    const { update } = await uninterrupted(job)
    await attempt(job, 30)
    const [name] = await readdir(job.checkpoints.folder)
    await damage(path.join(job.checkpoints.folder, name!))
    const { events, steps } = await attempt(job)
    expect(events[0]).toMatchObject({
      kind: 'notice',
      code: 'TRAINING_CHECKPOINT_UNUSABLE',
      message: expect.stringContaining('its file is damaged'),
    })
    expect(steps[0]).toBe(1)
    expect(Buffer.compare(await readFile(job.updatedFile), update)).toBe(0)
  },
)

test('a checkpoint that was being written counts for nothing: the one before it does', async () => {
  const job = await newJob()
  const { update } = await uninterrupted(job)
  await attempt(job, 30)
  const { folder } = job.checkpoints
  await writeFile(path.join(folder, `${'0'.repeat(64)}.safetensors.1.tmp`), 'half')
  const { events } = await attempt(job)
  expect(events[0]).toMatchObject({ kind: 'resumed' })
  expect(Buffer.compare(await readFile(job.updatedFile), update)).toBe(0)
})

test.each<[string, (job: TrainJob) => TrainJob | Promise<TrainJob>]>([
  ['site name', (job) => ({ ...job, site: 'bern' })],
  ['number of threads', (job) => ({ ...job, threads: 2 })],
  ['study plan', (job) => ({ ...job, plan: { ...job.plan, seed: 9 } })],
  ['data set', async (job) => ({ ...job, datasetDir: (await newJob(2)).datasetDir })],
])('a checkpoint of another %s is not used, and the reason says so', async (what, change) => {
  const job = await newJob()
  await attempt(job, 30)
  const { events, steps } = await attempt(await change(job))
  expect(events[0]).toMatchObject({
    kind: 'notice',
    message: expect.stringContaining(`it was made with another ${what}`),
  })
  expect(steps).toHaveLength(STEPS)
})

test('a round that is corrected by control variates goes on with them, and with no others', async () => {
  const job = await newJob()
  const corrected = parsePlan({
    ...plan,
    aggregation: { rule: 'scaffold', serverLearningRate: 1 },
  })
  const own = path.join(path.dirname(job.updatedFile), 'own.safetensors')
  await writeFile(own, await readFile(job.weightsFile))
  const withControl = { ...job, plan: corrected, control: { own } }
  const { update } = await uninterrupted(withControl)
  await attempt(withControl, 30)
  const { events, steps } = await attempt(withControl)
  expect(events[0]).toMatchObject({ kind: 'resumed' })
  expect(steps.length).toBeLessThan(STEPS)
  expect(Buffer.compare(await readFile(job.updatedFile), update)).toBe(0)

  await attempt(withControl, 30)
  const other = await attempt({ ...withControl, control: {} })
  expect(other.events[0]).toMatchObject({
    kind: 'notice',
    message: expect.stringContaining('it was made with another control variate'),
  })
  expect(Buffer.compare(await readFile(job.updatedFile), update)).not.toBe(0)
})

test('a checkpoint of another round or global model goes without a word', async () => {
  const job = await newJob()
  await attempt(job, 30)
  const { events, steps } = await attempt({ ...job, round: 2 })
  expect(events.every(({ kind }) => kind === 'step')).toBe(true)
  expect(steps).toHaveLength(STEPS)
})
