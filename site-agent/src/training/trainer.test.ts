import { execFile, type ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { readFile, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { initialParameters } from '@consilium/learning/parameters'
import type { StudyPlan } from '@consilium/study'
import type { NamedArrays } from '@consilium/weights'
import { smallPlan } from '../testing/small-plan.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { newTrainJob } from '../testing/train-job.ts'
import { createTrainer, type TrainEvent, type TrainJob, type Trainer } from './trainer.ts'

const newFolder = temporaryFolders()
const planOf = (localEpochs: number): StudyPlan => ({
  ...smallPlan,
  schedule: { ...smallPlan.schedule, localEpochs },
})
const endless = planOf(100_000)
const weights = initialParameters(smallPlan)
const never = new AbortController().signal
const ignore = (): void => undefined

/** The processes that are started from here, the last one last. */
const processes: ChildProcess[] = []
subscribe('child_process', (message) => {
  processes.push((message as { process: ChildProcess }).process)
})
const trainers: Trainer[] = []
afterEach(async () => {
  for (const trainer of trainers.splice(0)) await trainer.close()
  processes.length = 0
})

function newTrainer(): Trainer {
  const trainer = createTrainer()
  trainers.push(trainer)
  return trainer
}

const newJob = async (plan = smallPlan, start: NamedArrays = weights): Promise<TrainJob> =>
  newTrainJob(await newFolder(), { plan, weights: start })

test('a loss that is not a number is reported with its code, and the next job works', async () => {
  const trainer = newTrainer()
  const broken = new Map(
    [...weights].map(([name, array]) => [name, { ...array, data: array.data.map(() => NaN) }]),
  )
  await expect(trainer.train(await newJob(smallPlan, broken), ignore, never)).rejects.toMatchObject(
    {
      code: 'TRAINING_NOT_FINITE',
      message: expect.stringContaining('A lower learning rate usually helps'),
    },
  )
  expect((await trainer.train(await newJob(), ignore, never)).steps).toBe(3)
})

test('a trainer process that crashes or is killed is reported, and the next job works', async () => {
  const trainer = newTrainer()
  for (const signal of ['SIGKILL', 'SIGABRT'] as const) {
    const killed = trainer.train(await newJob(endless), () => processes.at(-1)!.kill(signal), never)
    await expect(killed).rejects.toMatchObject({
      code: 'TRAINING_PROCESS_ENDED',
      message: expect.stringContaining(`by ${signal}`),
      retryable: true,
    })
  }
  expect((await trainer.train(await newJob(), ignore, never)).steps).toBe(3)
  expect(processes).toHaveLength(3)
})

test('an aborted job rejects with the reason after its step, and the next job goes on from there', async () => {
  const trainer = newTrainer()
  const controller = new AbortController()
  const job = await newJob(planOf(100))
  const aborted = trainer.train(
    job,
    () => {
      controller.abort(new Error('the round is over'))
    },
    controller.signal,
  )
  await expect(aborted).rejects.toThrow('the round is over')
  await expect(readFile(job.updatedFile)).rejects.toMatchObject({ code: 'ENOENT' })
  const events: TrainEvent[] = []
  await trainer.train(job, (event) => events.push(event), never)
  expect(events[0]).toMatchObject({ kind: 'resumed', steps: 300 })
  const afterAbort = await readFile(job.updatedFile)
  await rm(job.checkpoints.folder, { recursive: true })
  await trainer.train(job, ignore, never)
  expect(await readFile(job.updatedFile)).toEqual(afterAbort)
  expect(processes).toHaveLength(1)
})

test('a job aborted before it begins starts no process', async () => {
  const aborted = newTrainer().train(await newJob(), ignore, AbortSignal.abort(new Error('no')))
  await expect(aborted).rejects.toThrow('no')
  expect(processes).toEqual([])
})

test('a process that does not stop when it is told to is killed', async () => {
  const trainer = newTrainer()
  const controller = new AbortController()
  const aborted = trainer.train(
    await newJob(endless),
    () => {
      processes[0]!.kill('SIGSTOP')
      controller.abort(new Error('the round is over'))
    },
    controller.signal,
  )
  await expect(aborted).rejects.toThrow('the round is over')
  expect(processes[0]!.signalCode).toBe('SIGKILL')
})

const module = new URL('./trainer.ts', import.meta.url).href

/** In a process of its own: its environment and the path of Node belong to a whole process. */
const runScript = async (script: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=consilium-source',
    '--experimental-strip-types',
    '--input-type=module',
    '--eval',
    `
      const { createTrainer } = await import('${module}')
      const trainer = createTrainer()
      const { signal } = new AbortController()
      const train = (job, onProgress = () => undefined) =>
        trainer.train(job, onProgress, signal).then(
          ({ steps }) => console.log(steps + ' steps'),
          ({ code, message }) => console.log(code + ': ' + message),
        )
      ${script}
    `,
  ])
  return stdout
}

test('a trainer process that cannot be started fails the job and not the agent', async () => {
  const output = await runScript(`
    process.execPath = '/there/is/no/node'
    await train({})
    await train({})
    await trainer.close()
    console.log('closed')
  `)
  expect(output).toMatch(/^(TRAINING_PROCESS_ENDED: .*\n){2}closed\n$/)
})

test('a trainer process without memory is reported as that, and the next job works', async () => {
  const output = await runScript(`
    const job = ${JSON.stringify(await newJob())}
    process.env.NODE_OPTIONS = '--max-old-space-size=8'
    await train(job)
    delete process.env.NODE_OPTIONS
    await train(job)
    await trainer.close()
  `)
  expect(output).toMatch(/^TRAINING_OUT_OF_MEMORY: Training ran out of memory.*\n3 steps\n$/)
})

/** The trainer process holds on to the standard output of the agent, so the script ends when both are gone. */
test('a trainer process goes when its agent does, in the middle of a job', async () => {
  const job = JSON.stringify(await newJob(endless))
  const ended = runScript(`await train(${job}, () => process.kill(process.pid, 'SIGKILL'))`)
  await expect(ended).rejects.toMatchObject({ signal: 'SIGKILL' })
})
