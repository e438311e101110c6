/** The command `consilium serve`: from options to a running coordinator, until a signal ends it. */
import { initialParameters } from '@consilium/learning/parameters'
import type { Logger } from 'pino'
import { startCoordinator } from '../coordinator.ts'
import { readPlan, readWeights } from './read-input.ts'
import type { Reporter } from './reporter.ts'

export interface ServeOptions {
  readonly state: string
  readonly plan?: string
  readonly initial?: string
  readonly host: string
  readonly port: number
  readonly joinToken?: string
  readonly insecureNoTls?: boolean
}

export interface ServeDeps {
  readonly reporter: Reporter
  readonly log: Logger
  /** Aborted when the process is to end. */
  readonly signal: AbortSignal
  readonly onFatal: (error: unknown) => void
}

/** Resolves when the coordinator has stopped. */
export async function serve(options: ServeOptions, deps: ServeDeps): Promise<void> {
  const { reporter, log, signal, onFatal } = deps
  const coordinator = await startCoordinator({
    folder: options.state,
    host: options.host,
    port: options.port,
    insecure: options.insecureNoTls ?? false,
    joinToken: options.joinToken,
    plan: options.plan === undefined ? undefined : await readPlan(options.plan),
    initial: options.initial === undefined ? undefined : await readWeights(options.initial),
    untrained: initialParameters,
    log,
    onEntry: (entry, state) => {
      reporter.entry(entry, state)
    },
    onFatal,
  })
  reporter.listening(coordinator)
  await aborted(signal)
  await coordinator.close()
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve()
        },
        { once: true },
      )
  })
}
