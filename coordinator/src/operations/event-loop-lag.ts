/** How late the event loop runs what is due: what a site feels as a slow coordinator. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** A peak stays visible for one to two of these: longer than the usual interval between two scrapes. */
const LAG_WINDOW_MS = 60_000

/** How often the loop is looked at. */
const SAMPLE_INTERVAL_MS = 20

export interface EventLoopLag {
  /** In seconds, the longest and the 99th percentile of the last one to two minutes. */
  read(): { readonly max: number; readonly p99: number }
  stop(): void
}

export function watchEventLoop(): EventLoopLag {
  const histogram = monitorEventLoopDelay({ resolution: SAMPLE_INTERVAL_MS })
  histogram.enable()
  /** The histogram holds intervals between two samples. */
  const lag = (nanoseconds: number): number =>
    Math.max(0, nanoseconds / 1e9 - SAMPLE_INTERVAL_MS / 1000)
  const current = () =>
    histogram.count === 0
      ? { max: 0, p99: 0 }
      : { max: lag(histogram.max), p99: lag(histogram.percentile(99)) }
  let previous = { max: 0, p99: 0 }
  const timer = setInterval(() => {
    previous = current()
    histogram.reset()
  }, LAG_WINDOW_MS).unref()
  return {
    read() {
      const { max, p99 } = current()
      return { max: Math.max(max, previous.max), p99: Math.max(p99, previous.p99) }
    },
    stop() {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
