/** Where a command speaks: lines for people on stderr, and with --json one JSON object per line on stdout. */
export interface Output {
  /** Printed with --json only. */
  event(event: { readonly event: string }): void
  say(line: string): void
  /** A line that the next one replaces. Shown on a terminal only. */
  progress(line: string): void
}

export interface Streams {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
}

const ERASE_LINE = '\r\u001B[K'

export function createOutput({ stdout, stderr }: Streams, { json }: { json: boolean }): Output {
  let open = false
  const erase = (): string => {
    const sequence = open ? ERASE_LINE : ''
    open = false
    return sequence
  }
  return {
    event(event) {
      if (json) stdout.write(`${JSON.stringify(event)}\n`)
    },
    say(line) {
      stderr.write(`${erase()}${line}\n`)
    },
    progress(line) {
      if (stderr.isTTY !== true) return
      stderr.write(`${ERASE_LINE}${line.slice(0, (stderr.columns ?? 80) - 1)}`)
      open = true
    },
  }
}
