/** Runs training jobs in a process of their own, started at the first job and again after a crash. */
import type { ChildProcess } from 'node:child_process'
import { ConsiliumError } from '@consilium/errors'
import type { EvaluationProgress, SiteEvaluation } from '@consilium/learning'
import { OutOfMemoryError, TrainerEndedError } from '../errors.ts'
import { startTrainerProcess, type TrainerProcess } from './start-trainer-process.ts'
import type {
  EvaluateJob,
  Job,
  JobEnd,
  Progress,
  Reply,
  Request,
  TrainEvent,
  TrainJob,
  TrainResult,
} from './trainer-messages.ts'

export type {
  EvaluateJob,
  TrainEvent,
  TrainJob,
  TrainProgress,
  TrainResult,
} from './trainer-messages.ts'

/** A job that is aborted may finish the step it is in and write a checkpoint; after this time its process is killed. */
const STOP_TIMEOUT_MS = 5000

export interface Trainer {
  /**
   * Throws TRAINING_NOT_FINITE, TRAINING_FAILED, TRAINING_OUT_OF_MEMORY, TRAINING_PROCESS_ENDED, or the signal's reason
   * when it is aborted, as soon as the job has stopped. After any of them the next job is taken as ever.
   */
  train(
    job: TrainJob,
    onEvent: (event: TrainEvent) => void,
    signal: AbortSignal,
  ): Promise<TrainResult>
  evaluate(
    job: EvaluateJob,
    onProgress: (progress: EvaluationProgress) => void,
    signal: AbortSignal,
  ): Promise<SiteEvaluation>
  /** Ends the process. */
  close(): Promise<void>
}

export function createTrainer(): Trainer {
  let trainer: TrainerProcess | undefined
  const running = (): TrainerProcess => {
    if (trainer === undefined || hasEnded(trainer.child) || !trainer.child.connected)
      trainer = startTrainerProcess()
    return trainer
  }
  return {
    async train(job, onEvent, signal) {
      signal.throwIfAborted()
      const end = await ask(
        running(),
        { kind: 'train', job },
        {
          signal,
          onProgress: (reply) => {
            if (reply.kind === 'train-event') onEvent(reply.event)
          },
        },
      )
      return (end as JobEnd & { kind: 'trained' }).result
    },
    async evaluate(job, onProgress, signal) {
      signal.throwIfAborted()
      const end = await ask(
        running(),
        { kind: 'evaluate', job },
        {
          signal,
          onProgress: (reply) => {
            if (reply.kind === 'evaluate-progress') onProgress(reply.progress)
          },
        },
      )
      return (end as JobEnd & { kind: 'evaluated' }).result
    },
    close: () => (trainer === undefined ? Promise.resolve() : kill(trainer.child)),
  }
}

interface Listeners {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/** Resolves with the end of a job that has a result. A process whose job failed is not used again. */
async function ask(
  trainer: TrainerProcess,
  job: Job,
  { signal, onProgress }: Listeners,
): Promise<JobEnd> {
  const { child } = trainer
  const report = (progress: Progress): void => {
    const isSaved = progress.kind === 'train-event' && progress.event.kind === 'saved'
    if (!signal.aborted || isSaved) onProgress(progress)
  }
  const withdraw = stopOnAbort(child, signal)
  const end = await carryOut(trainer, job, report).finally(withdraw)
  if (end.kind === 'failed') await kill(child)
  signal.throwIfAborted()
  if (end.kind === 'failed') throw new ConsiliumError(end)
  if (end.kind === 'process-ended') throw end.error
  return end
}

/** Between steps a job can be told to stop; a native call cannot be interrupted other than with its process. */
function stopOnAbort(child: ChildProcess, signal: AbortSignal): () => void {
  let killing: NodeJS.Timeout | undefined
  const stop = (): void => {
    // A process that cannot be told any more is ending.
    child.send({ kind: 'stop' } satisfies Request, () => undefined)
    killing = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  }
  signal.addEventListener('abort', stop)
  return () => {
    signal.removeEventListener('abort', stop)
    clearTimeout(killing)
  }
}

type End = JobEnd | { readonly kind: 'process-ended'; readonly error: ConsiliumError }

/** Resolves when the job has ended, in whatever way. */
function carryOut(
  { child, ranOutOfMemory }: TrainerProcess,
  job: Job,
  onProgress: (progress: Progress) => void,
): Promise<End> {
  return new Promise((resolve) => {
    const settle = (end: End): void => {
      child.off('message', onMessage).off('close', onClose).off('error', onError)
      resolve(end)
    }
    const onMessage = (reply: Reply): void => {
      if (isProgress(reply)) onProgress(reply)
      else settle(reply)
    }
    const onClose = (code: number | null, killedBy: string | null): void => {
      const error = ranOutOfMemory()
        ? new OutOfMemoryError()
        : new TrainerEndedError({ code, killedBy })
      settle({ kind: 'process-ended', error })
    }
    const onError = (cause: Error): void => {
      const { exitCode: code, signalCode: killedBy } = child
      settle({ kind: 'process-ended', error: new TrainerEndedError({ code, killedBy, cause }) })
    }
    child.on('message', onMessage).on('close', onClose).on('error', onError)
    child.send(job satisfies Request)
  })
}

const isProgress = (reply: Reply): reply is Progress =>
  reply.kind === 'train-event' || reply.kind === 'evaluate-progress'

/** Known before the channel to it is closed. */
const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null

function kill(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => {
      resolve()
    })
    child.kill('SIGKILL')
  })
}
