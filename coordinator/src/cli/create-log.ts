/** The log of a coordinator, on stderr: stdout belongs to --json. One JSON object a line, one line a fact. */
import { pino, type DestinationStream, type Logger } from 'pino'
import { VERSION } from '../version.ts'

export interface LogOptions {
  /** Facts of the study, refusals and failures as JSON, in place of sentences. */
  readonly logJson?: boolean | undefined
  /** Requests and frames too. */
  readonly verbose?: boolean | undefined
}

/** Every line has `time` (ISO 8601), `level`, `service` and `version`. Nothing is logged unless it is asked for. */
export function createLog(
  { logJson = false, verbose = false }: LogOptions,
  to = onStderr(),
): Logger {
  const level = verbose ? 'debug' : logJson ? 'info' : 'silent'
  return pino(
    {
      level,
      base: { service: 'consilium', version: VERSION },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    to,
  )
}

const onStderr = (): DestinationStream => pino.destination({ dest: 2, sync: true })
