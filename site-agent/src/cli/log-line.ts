/**
 * An event of an agent as a line of its log, which leaves the site's screen for a log server: only the fields named here
 * are in it, so that no name of a file, a class or a patient can be.
 */
import { VERSION } from '../version.ts'

export interface LoggedEvent {
  readonly event: string
  /** What the site calls the study, where it takes part in several. */
  readonly name?: string
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  preflight: ['images', 'fresh'],
  joined: ['study', 'planSha256', 'rounds'],
  waiting: ['reason'],
  round: ['round', 'rounds'],
  resumed: ['round', 'step', 'steps'],
  saved: ['what', 'round', 'step', 'steps'],
  notice: ['code'],
  uploaded: ['round', 'bytes', 'sha256'],
  missed: ['round', 'code'],
  result: ['round', 'rounds', 'contributors', 'missing', 'meanLoss'],
  release: ['sha256', 'bytes'],
  error: ['code', 'message'],
  stopped: [],
}

/** Errors whose message may name a file of the site: `consilium-site data check` shows it on the screen. */
const WITHOUT_MESSAGE = /^(DATA|NPZ|INTERNAL)/

/** Every line has `time` (ISO 8601), `level`, `service`, `version` and `event`; undefined for what is not logged. */
export function logLine(event: LoggedEvent, now: Date): string | undefined {
  const fields = FIELDS[event.event]
  if (fields === undefined) return undefined
  const known = Object.entries(event).filter(
    ([field]) => field === 'name' || fields.includes(field),
  )
  const { code = '', message, ...rest } = Object.fromEntries(known) as Record<string, unknown>
  return JSON.stringify({
    time: now.toISOString(),
    level: event.event === 'error' ? 'error' : 'info',
    service: 'consilium-site',
    version: VERSION,
    event: event.event,
    ...rest,
    ...(code === '' ? {} : { code }),
    ...(message === undefined || WITHOUT_MESSAGE.test(String(code)) ? {} : { message }),
  })
}
