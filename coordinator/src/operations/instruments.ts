/** What a coordinator shows to those who keep it running: its readiness and its metrics. */
import type { Journal } from '../journal/journal.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import { joinedSites } from '../rounds/study-state.ts'
import type { LiveSites } from '../sockets/live-sites.ts'
import { VERSION } from '../version.ts'
import { diskSpace, diskSpaceCheck } from './disk-space.ts'
import { watchEventLoop } from './event-loop-lag.ts'
import { processMetrics } from './process-metrics.ts'
import { prometheusText, single, type Metric } from './prometheus-text.ts'
import { createReadiness, type Check, type Readiness } from './readiness.ts'
import { stateFolderCheck } from './state-folder-check.ts'
import { studyMetrics } from './study-metrics.ts'
import type { Counter } from './tally.ts'
import type { Certificate } from './tls-files.ts'

export interface InstrumentsDeps {
  readonly folder: string
  readonly driver: StudyDriver
  readonly journal: Journal
  readonly live: LiveSites
  readonly counter: Counter
  readonly deadlineInMs: () => number
  readonly certificate?: Certificate | undefined
  /** Aborted once the coordinator is told to stop. */
  readonly stopping: AbortSignal
}

export interface Instruments {
  readiness(): Promise<Readiness>
  /** In Prometheus' text format. */
  metrics(): Promise<string>
  stop(): void
}

export function createInstruments(deps: InstrumentsDeps): Instruments {
  const { folder, driver, live, counter, deadlineInMs } = deps
  const { state } = driver
  driver.onEntry((entry) => {
    counter.entry(entry)
  })
  const loop = watchEventLoop()
  const readiness = createReadiness([
    journalCheck(deps),
    stateFolderCheck(folder),
    diskSpaceCheck(() => diskSpace(folder, state())),
    stoppingCheck(deps.stopping),
  ])
  return {
    readiness,
    async metrics() {
      const disk = await diskSpace(folder, state())
      const connected = joinedSites(state()).filter((site) => live.presenceOf(site).connected)
      return prometheusText([
        ...studyMetrics({
          state: state(),
          connectedSites: connected.length,
          deadlineInMs: deadlineInMs(),
        }),
        ...processMetrics({ version: VERSION, tally: counter.tally(), lag: loop.read(), disk }),
        ...certificateMetrics(deps.certificate),
      ])
    },
    stop: () => {
      loop.stop()
    },
  }
}

const certificateMetrics = (certificate: Certificate | undefined): readonly Metric[] =>
  certificate === undefined
    ? []
    : [
        single('gauge', 'consilium_tls_certificate_expiry_seconds', {
          help: 'When the TLS certificate ends, since 1970.',
          value: certificate.pair().notAfterMs / 1000,
        }),
      ]

/** The newest entry can be read back. */
const journalCheck = ({ journal, driver }: InstrumentsDeps): Check => ({
  name: 'journal',
  async run() {
    const { seq } = driver.state()
    const [entry] = await journal.after(seq - 1, 1)
    return entry?.seq === seq ? undefined : `entry ${seq} cannot be read back`
  },
})

const stoppingCheck = (stopping: AbortSignal): Check => ({
  name: 'stopping',
  run: () => Promise.resolve(stopping.aborted ? 'the coordinator is shutting down' : undefined),
})
