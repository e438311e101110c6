/**
 * The trainer process: takes one job at a time from its parent, computes, answers. It holds the native runtime, so a
 * crash or an out-of-memory in training ends this process and not the agent.
 */
import { readFile } from 'node:fs/promises'
import { ConsiliumError } from '@consilium/errors'
import { createPretrainer, evaluateSite, type Pretrainer } from '@consilium/learning'
import { decodeSafetensors, encodeSafetensors, type NamedArrays } from '@consilium/weights'
import { readDataset } from '../data/dataset-file.ts'
import { replaceFile } from '../state/replace-file.ts'
import type { EvaluateJob, Reply, Request, TrainJob, TrainResult } from './trainer-messages.ts'

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
    return letMessagesIn()
  })
  const { weights, steps, samples, meanLoss, batch } = outcome
  await replaceFile(job.updatedFile, encodeSafetensors(weights))
  return { steps, samples, meanLoss, imagesPerSecond: rate(steps, batch) }
}

async function evaluate(job: EvaluateJob): Promise<Reply> {
  const result = await evaluateSite({
    ...job,
    dataset: await readDataset(job.datasetDir),
    federated: await readWeights(job.backboneFile),
    onProgress: (progress) => {
      send({ kind: 'evaluate-progress', progress })
      return letMessagesIn()
    },
  })
  return { kind: 'evaluated', result }
}

/** A step computes without yielding; between steps the process hears that its parent has gone. */
const letMessagesIn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function answer(request: Request): Promise<Reply> {
  switch (request.kind) {
    case 'train':
      return { kind: 'trained', result: await train(request.job) }
    case 'evaluate':
      return evaluate(request.job)
    default:
      return request satisfies never
  }
}

function failure(error: unknown): Reply {
  if (error instanceof ConsiliumError)
    return { kind: 'failed', code: error.code, message: error.message }
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'failed', code: 'TRAINING_FAILED', message }
}

process.on('message', (request: Request) => {
  answer(request).then(send, (error: unknown) => {
    send(failure(error))
  })
})
// The terminal's Ctrl-C reaches the whole process group; the agent decides when training ends.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit(0))
