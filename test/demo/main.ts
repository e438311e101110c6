/** The process `npm run demo`: arguments, signals, exit codes. */
import os from 'node:os'
import path from 'node:path'
import { ConsiliumError } from '@consilium/errors'
import { CommanderError } from 'commander'
import { parseDemoOptions, type DemoOptions } from './demo-options.ts'
import { runDemo } from './demo.ts'
import { createProcesses, type Processes } from './processes.ts'
import { resultsTable } from './results-table.ts'
import { createScreen } from './screen.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Refusals of what the user wrote, before anything was started. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  'DEMO_USAGE',
  'DATA_SOURCE_SYNTAX',
  'STUDY_INVALID_PLAN',
])

const processes = createProcesses()
stopOnSignals(processes)
try {
  await run(parseDemoOptions(process.argv.slice(2)))
} catch (error) {
  process.exitCode = report(error)
} finally {
  await processes.stopAll()
}

async function run(options: DemoOptions): Promise<void> {
  // npm starts scripts in the repository's folder; paths are meant from where the user is.
  const base = process.env['INIT_CWD'] ?? process.cwd()
  const clock = () => performance.now()
  const screen = createScreen(process.stderr, clock)
  const result = await runDemo(options, { processes, screen, clock, base })
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else process.stdout.write(`\n${resultsTable(result).join('\n')}\n`)
  screen.say(`Report: ${path.resolve(base, options.out, 'report.html')}`)
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
  process.stderr.write(`\nError ${error.code}: ${error.message}\n`)
  return USAGE_CODES.has(error.code) ? EXIT_USAGE : EXIT_FAILED
}

/** The first signal stops everything in order, the second at once. */
function stopOnSignals(all: Processes): void {
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const exitCode = 128 + os.constants.signals[signal]
      if (stopping) process.exit(exitCode)
      stopping = true
      process.stderr.write('\nStopping the coordinator and the sites\n')
      void all.stopAll().then(() => process.exit(exitCode))
    })
  }
}
