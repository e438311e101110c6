/** The process in numbers. Names without a prefix are those every Prometheus client uses. */
import type { EventLoopLag } from './event-loop-lag.ts'
import { single, type Metric } from './prometheus-text.ts'
import type { Tally, Timing } from './tally.ts'

export interface ProcessMoment {
  readonly version: string
  readonly tally: Tally
  readonly lag: ReturnType<EventLoopLag['read']>
  readonly disk: { readonly freeBytes: number; readonly neededBytes: number }
}

export const processMetrics = ({ version, tally, lag, disk }: ProcessMoment): readonly Metric[] => [
  {
    name: 'consilium_info',
    help: 'The version that runs.',
    type: 'gauge',
    samples: [{ labels: { version }, value: 1 }],
  },
  ...tallyMetrics(tally),
  {
    name: 'consilium_event_loop_lag_seconds',
    help: 'How late the event loop was in the last one to two minutes.',
    type: 'gauge',
    samples: [
      { labels: { quantile: '0.99' }, value: lag.p99 },
      { labels: { quantile: '1' }, value: lag.max },
    ],
  },
  single('gauge', 'consilium_disk_free_bytes', {
    help: 'Free on the disk of the state folder.',
    value: disk.freeBytes,
  }),
  single('gauge', 'consilium_disk_needed_bytes', {
    help: 'What has to be free for the coordinator to count as ready.',
    value: disk.neededBytes,
  }),
  single('gauge', 'process_resident_memory_bytes', {
    help: 'Resident memory.',
    value: process.memoryUsage.rss(),
  }),
  single('counter', 'process_cpu_seconds_total', {
    help: 'Processor time, user and system.',
    value: cpuSeconds(process.cpuUsage()),
  }),
  single('gauge', 'process_start_time_seconds', {
    help: 'When the process started, since 1970.',
    value: performance.timeOrigin / 1000,
  }),
]

const tallyMetrics = ({ refusals, folds, appends, siteFailures }: Tally): readonly Metric[] => [
  {
    name: 'consilium_refusals_total',
    help: 'Requests that were refused, by error code (docs/errors.md).',
    type: 'counter',
    samples: [...refusals].sort().map(([code, value]) => ({ labels: { code }, value })),
  },
  timing('consilium_fold_seconds', 'From the closing of a round to its committed model.', folds),
  timing('consilium_journal_append_seconds', 'Appending to the journal, synced.', appends),
  single('counter', 'consilium_site_failures_total', {
    help: 'Rounds that a site reported it could not deliver.',
    value: siteFailures,
  }),
]

const timing = (name: string, help: string, { count, seconds }: Timing): Metric => ({
  name,
  help,
  type: 'summary',
  samples: [
    { suffix: '_sum', value: seconds },
    { suffix: '_count', value: count },
  ],
})

const cpuSeconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6
