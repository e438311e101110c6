/**
 * The trainer process: takes one job at a time from its parent, computes, answers. It holds the native runtime, so a
 * crash or an out-of-memory in training ends this process and not the agent.
 */
import { readFile } from 'node:fs/promises'
import { ConsiliumError } from '@consilium/errors'
import {
  createPretrainer,
  evaluateSite,
  type Pretrainer,
  type SiteEvaluation,
} from '@consilium/learning'
import { decodeSafetensors, encodeSafetensors, type NamedArrays } from '@consilium/weights'
import { readDataset } from '../data/dataset-file.ts'
import { OutOfMemoryError } from '../errors.ts'
import { replaceFile } from '../state/replace-file.ts'
import { isOutOfMemory } from './is-out-of-memory.ts'
import type {
  EvaluateJob,
  Job,
  JobEnd,
  Reply,
  Request,
  TrainJob,
  TrainResult,
} from './trainer-messages.ts'

const send = (reply: Reply): void => void process.send?.(reply)

const readWeights = async (file: string): Promise<NamedArrays> =>
  decodeSafetensors(await readFile(file)).arrays

/** One study at a time: its data set and its compiled step stay in memory between rounds. */
let ready: { key: string; pretrainer: Pretrainer } | undefined

async function prepare(job: TrainJob, weights: NamedArrays): Promise<Pretrainer> {
  const key = JSON.stringify([job.plan, job.site, job.datasetDir, job.threads])
  if (ready?.key === key) return ready.pretrainer
  await ready?.pretrainer.dispose()
  const dataset = await readDataset(job.datasetDir)
  const pretrainer = await createPretrainer({
    plan: job.plan,
    site: job.site,
    dataset,
    weights,
    threads: job.threads,
  })
  ready = { key, pretrainer }
  return pretrainer
}

async function train(job: TrainJob): Promise<TrainResult> {
  const start = await readWeights(job.weightsFile)
  const pretrainer = await prepare(job, start)
  const began = performance.now()
  const rate = (step: number, samples: number): number =>
    (step * samples) / ((performance.now() - began) / 1000)
  const outcome = await pretrainer.trainRound(job.round, start, ({ step, steps, loss, batch }) => {
    send({
      kind: 'train-progress',
      progress: { step, steps, loss, imagesPerSecond: rate(step, batch) },
    })
    return betweenSteps()
  })
  const { weights, steps, samples, meanLoss, batch } = outcome
  await replaceFile(job.updatedFile, encodeSafetensors(weights))
  return { steps, samples, meanLoss, imagesPerSecond: rate(steps, batch) }
}

async function evaluate(job: EvaluateJob): Promise<SiteEvaluation> {
  return evaluateSite({
    ...job,
    dataset: await readDataset(job.datasetDir),
    federated: await readWeights(job.backboneFile),
    onProgress: (progress) => {
      send({ kind: 'evaluate-progress', progress })
      return betweenSteps()
    },
  })
}

/** Ends a job that was told to stop. */
class Stopped extends Error {}

let isToStop = false

/** A step may compute without yielding; between steps messages come in. */
async function betweenSteps(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  if (isToStop) throw new Stopped()
}

async function answer(request: Job): Promise<JobEnd> {
  switch (request.kind) {
    case 'train':
      return { kind: 'trained', result: await train(request.job) }
    case 'evaluate':
      return { kind: 'evaluated', result: await evaluate(request.job) }
    default:
      return request satisfies never
  }
}

function failure(error: unknown): JobEnd {
  if (error instanceof Stopped) return { kind: 'stopped' }
  const { code, message, retryable } = codedError(error)
  return { kind: 'failed', code, message, retryable }
}

function codedError(error: unknown): ConsiliumError {
  if (isOutOfMemory(error)) return new OutOfMemoryError(error)
  if (error instanceof ConsiliumError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ConsiliumError({ code: 'TRAINING_FAILED', message })
}

process.on('message', (request: Request) => {
  isToStop = request.kind === 'stop'
  if (request.kind === 'stop') return
  answer(request).then(send, (error: unknown) => {
    send(failure(error))
  })
})
// The terminal's Ctrl-C reaches the whole process group; the agent decides when training ends.
process.on('SIGINT', () => undefined)
// Nobody is left to answer. An exit would wait for the threads inside the native runtime, which crash when they are ended.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
