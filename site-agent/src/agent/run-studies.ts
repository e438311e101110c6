/**
 * Several studies on one agent: each has its own coordinator, connection and state folder, and they take turns at the one
 * trainer, a round each. A study that waits for its coordinator, or fails, keeps no other from going on.
 */
import type { Trainer } from '../training/trainer.ts'
import type { AgentEvent } from './agent-event.ts'
import { runAgent, type AgentOptions } from './run-agent.ts'
import { createTurns, type TakeTurn } from './turns.ts'

export type StudyOptions = Omit<AgentOptions, 'trainer' | 'signal'> & {
  /** What this site calls the study. */
  readonly name: string
}

export interface SharedOptions {
  readonly trainer: AgentOptions['trainer']
  readonly signal: AbortSignal
  /** A study has ended before its release, and the others go on. */
  readonly onFailure: (name: string, error: unknown) => void
}

/** Resolves when every study has ended. Throws the signal's reason when it aborts. */
export async function runStudies(
  studies: readonly StudyOptions[],
  { trainer, signal, onFailure }: SharedOptions,
): Promise<void> {
  const takeTurn = createTurns()
  const run = async ({ name, ...study }: StudyOptions): Promise<void> => {
    try {
      await runAgent({ ...study, signal, trainer: inTurns(trainer, takeTurn, study.report) })
    } catch (error) {
      if (!signal.aborted) onFailure(name, error)
    }
  }
  try {
    await Promise.all(studies.map(run))
  } finally {
    await trainer.close()
  }
  signal.throwIfAborted()
}

/** The trainer as one of several studies sees it. */
function inTurns(
  trainer: Pick<Trainer, 'train'>,
  takeTurn: TakeTurn,
  report: (event: AgentEvent) => void,
): AgentOptions['trainer'] {
  return {
    train: (job, onEvent, signal) =>
      takeTurn(() => trainer.train(job, onEvent, signal), {
        signal,
        onWait() {
          report({ event: 'waiting', reason: 'another study is being trained here' })
        },
      }),
    close: () => Promise.resolve(),
  }
}
