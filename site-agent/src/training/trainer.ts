/** Runs training jobs in a process of their own, started at the first job and again after a crash. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ConsiliumError } from '@consilium/errors'
import type { EvaluationProgress, SiteEvaluation } from '@consilium/learning'
import { TrainerEndedError } from '../errors.ts'
import type {
  EvaluateJob,
  Reply,
  Request,
  TrainJob,
  TrainProgress,
  TrainResult,
} from './trainer-messages.ts'

export type { EvaluateJob, TrainJob, TrainProgress, TrainResult } from './trainer-messages.ts'

export interface Trainer {
  /** Throws TRAINING_NOT_FINITE, TRAINING_FAILED, TRAINING_PROCESS_ENDED, or the signal's reason when it is aborted. */
  train(
    job: TrainJob,
    onProgress: (progress: TrainProgress) => void,
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
  let child: ChildProcess | undefined
  const running = (): ChildProcess => {
    if (child === undefined || hasEnded(child) || !child.connected) {
      child = fork(fileURLToPath(new URL('./trainer-main.js', import.meta.url)))
      // A job hears of it in `ask`; between jobs there is nobody to tell, and the next one starts another process.
      child.on('error', () => undefined)
    }
    return child
  }
  return {
    async train(job, onProgress, signal) {
      const reply = await ask(
        running(),
        { kind: 'train', job },
        {
          signal,
          onReply: (r) => {
            if (r.kind === 'train-progress') onProgress(r.progress)
          },
        },
      )
      return (reply as Reply & { kind: 'trained' }).result
    },
    async evaluate(job, onProgress, signal) {
      const reply = await ask(
        running(),
        { kind: 'evaluate', job },
        {
          signal,
          onReply: (r) => {
            if (r.kind === 'evaluate-progress') onProgress(r.progress)
          },
        },
      )
      return (reply as Reply & { kind: 'evaluated' }).result
    },
    close: () => (child === undefined ? Promise.resolve() : end(child)),
  }
}

interface Listeners {
  readonly signal: AbortSignal
  readonly onReply: (reply: Reply) => void
}

/** Resolves with the job's result. An abort ends the process: a native call cannot be interrupted in any other way. */
function ask(
  child: ChildProcess,
  request: Request,
  { signal, onReply }: Listeners,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      child.off('message', onMessage).off('exit', onExit).off('error', onError)
      signal.removeEventListener('abort', onAbort)
      finish()
    }
    const onMessage = (reply: Reply): void => {
      onReply(reply)
      if (reply.kind === 'failed')
        settle(() => {
          reject(new ConsiliumError(reply))
        })
      if (reply.kind === 'trained' || reply.kind === 'evaluated')
        settle(() => {
          resolve(reply)
        })
    }
    const onExit = (code: number | null, killedBy: string | null): void => {
      settle(() => {
        reject(new TrainerEndedError({ code, killedBy }))
      })
    }
    const onError = (cause: Error): void => {
      settle(() => {
        reject(new TrainerEndedError({ code: child.exitCode, killedBy: child.signalCode, cause }))
      })
    }
    const onAbort = (): void => {
      settle(() => {
        void end(child).then(() => {
          reject(signal.reason as Error)
        })
      })
    }
    child.on('message', onMessage).on('exit', onExit).on('error', onError)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    else child.send(request)
  })
}

/** Known before the channel to it is closed. */
const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null

function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => {
      resolve()
    })
    child.kill('SIGKILL')
  })
}
