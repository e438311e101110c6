/** The command `consilium serve`: from options to a running coordinator, until a signal ends it. */
import { initialParameters } from '@consilium/learning/parameters'
import type { Logger } from 'pino'
import { ConsiliumError } from '@consilium/errors'
import { startCoordinator, type Coordinator } from '../coordinator.ts'
import { TlsOptionsError } from '../errors.ts'
import type { TlsFiles } from '../operations/tls-files.ts'
import { readPlan, readWeights } from './read-input.ts'
import type { Reporter } from './reporter.ts'

export interface ServeOptions {
  readonly state: string
  readonly store?: string
  readonly blobs?: string
  readonly plan?: string
  readonly initial?: string
  readonly host: string
  readonly port: number
  readonly joinToken?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly hold?: boolean
  readonly insecureNoTls?: boolean
}

export interface ServeDeps {
  readonly reporter: Reporter
  readonly log: Logger
  /** Calls back when the files named on the command line may have changed. */
  readonly onHangup: (listener: () => void) => void
  /** Aborted when the process is to end. */
  readonly signal: AbortSignal
  readonly onFatal: (error: unknown) => void
}

/** Resolves when the coordinator has stopped. */
export async function serve(options: ServeOptions, deps: ServeDeps): Promise<void> {
  const { reporter, log, signal, onFatal, onHangup } = deps
  const coordinator = await startCoordinator({
    folder: options.state,
    store: options.store,
    blobs: options.blobs,
    host: options.host,
    port: options.port,
    tls: tlsFilesFrom(options),
    insecure: options.insecureNoTls ?? false,
    joinToken: options.joinToken,
    hold: options.hold,
    plan: options.plan === undefined ? undefined : await readPlan(options.plan),
    initial: options.initial === undefined ? undefined : await readWeights(options.initial),
    untrained: initialParameters,
    log,
    onEntry: (entry, state) => {
      reporter.entry(entry, state)
    },
    onFatal,
  })
  const { recovered } = coordinator
  if (recovered !== undefined) reporter.recovered(recovered, performance.now() / 1000)
  reporter.listening(coordinator)
  onHangup(() => {
    renewCertificate(coordinator, deps)
  })
  await aborted(signal)
  await coordinator.close()
}

function tlsFilesFrom({ tlsCert, tlsKey }: ServeOptions): TlsFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) throw new TlsOptionsError()
  return { cert: tlsCert, key: tlsKey }
}

/** A renewal that fails is said and changes nothing. */
function renewCertificate(coordinator: Coordinator, { reporter, log }: ServeDeps): void {
  coordinator.reloadTls().then(
    () => {
      log.info({ event: 'certificate-read' }, 'the TLS certificate was read again')
    },
    (error: unknown) => {
      reporter.failed(
        error instanceof ConsiliumError ? error : { code: 'INTERNAL', message: String(error) },
      )
    },
  )
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
