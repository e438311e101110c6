/** What the benchmarks' processes have in common: arguments, a folder, signals, output, exit codes. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ConsiliumError } from '@consilium/errors'
import { CommanderError } from 'commander'
import { createLineProcesses, type LineProcesses } from './line-processes.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

export interface BenchDeps {
  readonly processes: LineProcesses
  /** For temporary files; removed at the end. */
  readonly folder: string
  readonly say: (line: string) => void
  /** Milliseconds. */
  readonly clock: () => number
}

export interface Benchmark<Options extends { readonly json: boolean }, Result> {
  /** Throws BENCH_USAGE. */
  readonly parseOptions: (argv: readonly string[]) => Options
  readonly run: (options: Options, deps: BenchDeps) => Promise<Result>
  /** The result as text for a terminal. */
  readonly table: (result: Result) => readonly string[]
}

/** Sets the process's exit code. Whatever ends it, no process that it started is left. */
export async function runBenchProcess<Options extends { readonly json: boolean }, Result>(
  benchmark: Benchmark<Options, Result>,
): Promise<void> {
  const processes = createLineProcesses()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => process.exit(128 + os.constants.signals[signal]))
  }
  try {
    await run(benchmark, processes)
  } catch (error) {
    process.exitCode = report(error)
  } finally {
    await processes.stopAll()
  }
}

async function run<Options extends { readonly json: boolean }, Result>(
  { parseOptions, run, table }: Benchmark<Options, Result>,
  processes: LineProcesses,
): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  const folder = mkdtempSync(path.join(os.tmpdir(), 'consilium-bench-'))
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  const result = await run(options, {
    processes,
    folder,
    clock: () => performance.now(),
    say(line) {
      process.stderr.write(`${line}\n`)
    },
  })
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else process.stdout.write(`\n${table(result).join('\n')}\n`)
}

/** Says what happened and returns the exit code for it. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE // it has spoken already
  if (!(error instanceof ConsiliumError)) {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    return EXIT_FAILED
  }
  process.stderr.write(`Error ${error.code}: ${error.message}\n`)
  return error.code === 'BENCH_USAGE' ? EXIT_USAGE : EXIT_FAILED
}
