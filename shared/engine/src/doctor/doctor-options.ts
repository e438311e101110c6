/** The command line of `engine doctor`. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { UsageError } from '../errors.ts'

export interface DoctorOptions {
  readonly kind: 'doctor'
  readonly threads: number
  readonly json: boolean
  /** Folder that the graphs of the throughput check are written to. */
  readonly dump?: string
}

export const HELP = `Usage: engine doctor [options]

Says what computes on this machine, and how fast.

Options:
  --json        print one JSON document on stdout
  --threads N   threads of the throughput check (default: one per core)
  --dump DIR    write the graphs of the throughput check to this folder
  --help        print this

Exit codes: 0 this machine can compute, 1 it cannot, 2 wrong use of the command line.
`

/** `argv` without the program. Throws ENGINE_USAGE. */
export function parseDoctorOptions(
  argv: readonly string[],
): DoctorOptions | { readonly kind: 'help' } {
  const { values, positionals } = parse(argv)
  if (values.help === true) return { kind: 'help' }
  if (positionals.join(' ') !== 'doctor') {
    throw new UsageError(
      positionals.length === 0
        ? 'A command is missing'
        : `There is no command '${positionals.join(' ')}'`,
    )
  }
  const { threads, json = false, dump } = values
  return {
    kind: 'doctor',
    threads: threads === undefined ? availableParallelism() : parseThreads(threads),
    json,
    ...(dump !== undefined && { dump }),
  }
}

const options = {
  json: { type: 'boolean' },
  threads: { type: 'string' },
  dump: { type: 'string' },
  help: { type: 'boolean' },
} as const

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    // "Unknown option '--x'. To specify a positional argument ..."
    throw new UsageError((error as Error).message.split('. ')[0]!)
  }
}

function parseThreads(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
  throw new UsageError(`--threads is '${text}', expected a whole number from 1 to 999`)
}
