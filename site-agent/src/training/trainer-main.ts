/**
 * The trainer process: takes one job at a time from its parent, computes, answers. It holds the native runtime, so a
 * crash or an out-of-memory in training ends this process and not the agent.
 */
import { readFile } from 'node:fs/promises'
import { ConsiliumError } from '@consilium/errors'
import { evaluateSite, type SiteEvaluation } from '@consilium/learning'
import { decodeSafetensors, type NamedArrays } from '@consilium/weights'
import { readDataset } from '../data/dataset-file.ts'
import { OutOfMemoryError } from '../errors.ts'
import { explainSystemError } from '../state/full-disk.ts'
import { isOutOfMemory } from './is-out-of-memory.ts'
import { createRoundTrainer, Stopped } from './train-round.ts'
import type { EvaluateJob, Job, JobEnd, Reply, Request } from './trainer-messages.ts'

const send = (reply: Reply): void => void process.send?.(reply)

const readWeights = async (file: string): Promise<NamedArrays> =>
  decodeSafetensors(await readFile(file)).arrays

async function evaluate(job: EvaluateJob): Promise<SiteEvaluation> {
  return evaluateSite({
    ...job,
    dataset: await readDataset(job.datasetDir),
    federated: await readWeights(job.backboneFile),
    async onProgress(progress) {
      send({ kind: 'evaluate-progress', progress })
      if (await isToldToStop()) throw new Stopped()
    },
  })
}

let isToStop = false

/** A step may compute without yielding; between steps messages come in. */
async function isToldToStop(): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve))
  return isToStop
}

const train = createRoundTrainer({
  tell: (event) => {
    send({ kind: 'train-event', event })
  },
  isToStop: isToldToStop,
  now: () => performance.now(),
})

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

function codedError(thrown: unknown): ConsiliumError {
  if (isOutOfMemory(thrown)) return new OutOfMemoryError(thrown)
  const error = explainSystemError(thrown)
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
