/**
 * Where a command speaks: lines for people on stderr, or a log in their place, and with --json one JSON object per line
 * on stdout.
 */
import { logLine, type LoggedEvent } from './log-line.ts'

export interface Output {
  /** Printed with --json only. */
  event(event: LoggedEvent): void
  say(line: string): void
  /** A line that the next one replaces. Shown on a terminal only. */
  progress(line: string): void
}

export interface Streams {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
}

/** What steers a terminal, other than breaks and tabs: lines may hold what a coordinator wrote. */
const CONTROLS = /[^\P{Cc}\n\t]/gu

const ERASE_LINE = '\r\u001B[K'

export interface OutputChoice {
  readonly json: boolean
  /** Events as JSON on stderr, in place of lines for people. */
  readonly logJson?: boolean
}

export function createOutput(
  { stdout, stderr }: Streams,
  { json, logJson = false }: OutputChoice,
): Output {
  let open = false
  const erase = (): string => {
    const sequence = open ? ERASE_LINE : ''
    open = false
    return sequence
  }
  return {
    event(event) {
      if (json) stdout.write(`${JSON.stringify(event)}\n`)
      const line = logJson ? logLine(event, new Date()) : undefined
      if (line !== undefined) stderr.write(`${line}\n`)
    },
    say(line) {
      if (logJson) return
      stderr.write(`${erase()}${line.replace(CONTROLS, '')}\n`)
    },
    progress(line) {
      if (logJson || stderr.isTTY !== true) return
      stderr.write(
        `${ERASE_LINE}${line.replace(CONTROLS, '').slice(0, (stderr.columns ?? 80) - 1)}`,
      )
      open = true
    },
  }
}
