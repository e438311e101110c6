/** In milliseconds. */
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A length of time as people say it, never less than there is: "45 s", "12 min", "5 h", "3 days". */
export function formatDuration(ms: number): string {
  if (ms <= 90 * SECOND) return `${Math.ceil(Math.max(0, ms) / SECOND)} s`
  if (ms <= 90 * MINUTE) return `${Math.ceil(ms / MINUTE)} min`
  if (ms <= 48 * HOUR) return `${Math.ceil(ms / HOUR)} h`
  return `${Math.ceil(ms / DAY)} days`
}
