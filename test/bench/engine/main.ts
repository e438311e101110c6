/** The process `npm run bench:engine`: arguments, signals, exit codes. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ConsiliumError } from '@consilium/errors'
import { CommanderError } from 'commander'
import { parseBenchOptions, type BenchOptions } from './bench-options.ts'
import { runBenchmark } from './benchmark.ts'
import { createLineProcesses } from './line-processes.ts'
import { resultTable } from './result-table.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

const processes = createLineProcesses()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(128 + os.constants.signals[signal]))
}
try {
  await run(parseBenchOptions(process.argv.slice(2)))
} catch (error) {
  process.exitCode = report(error)
} finally {
  await processes.stopAll()
}

async function run(options: BenchOptions): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'consilium-bench-'))
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  const result = await runBenchmark(options, {
    processes,
    folder,
    clock: () => performance.now(),
    say(line) {
      process.stderr.write(`${line}\n`)
    },
  })
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else process.stdout.write(`\n${resultTable(result).join('\n')}\n`)
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
