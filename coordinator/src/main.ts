/** The process `consilium`: arguments, signals and exit codes. */
import { setFlagsFromString } from 'node:v8'
import { ConsiliumError } from '@consilium/errors'
import { Command, InvalidArgumentError } from 'commander'
import { addBackupCommands } from './cli/backup-commands.ts'
import { addControlCommands } from './cli/control-commands.ts'
import { createLog, type LogOptions } from './cli/create-log.ts'
import { createReporter, type Reporter } from './cli/reporter.ts'
import { serve, type ServeOptions } from './cli/serve.ts'
import { DiskFullError, explainSystemError } from './explain-system-error.ts'
import { VERSION } from './version.ts'

/** Bad input or a state that does not allow it: nothing was changed. */
const EXIT_REFUSED = 100
/** Something broke while running. */
const EXIT_FAILED = 101
/** A second signal came before everything had stopped. Nothing is lost: what was recorded is on the disk. */
const EXIT_CUT_SHORT = 102

/**
 * V8 counts the buffers of connections as its heap's, of which there is little here: left to itself it collects all of it
 * every few megabytes of a transfer (docs/federation-benchmark.md).
 */
setFlagsFromString('--heap-growing-percent=200')

const program = new Command('consilium')
  .description('The coordinator of a federated study.')
  .version(VERSION)

program
  .command('serve')
  .description('Run the coordinator of one study; the state folder is all it needs to go on.')
  .requiredOption('--state <folder>', 'state folder: journal, models, tokens')
  .option(
    '--store <address>',
    'postgres://…, where coordinators share journal, tokens and sessions (default: CONSILIUM_STORE, else SQLite in the state folder)',
  )
  .option(
    '--blobs <address>',
    's3://BUCKET/PREFIX or a folder, where coordinators share models and updates (default: CONSILIUM_BLOBS, else the state folder)',
  )
  .option('--plan <file>', 'study plan (JSON); creates the study at the first start')
  .option('--initial <file>', 'weights to start from (safetensors) instead of untrained ones')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--port <number>', 'port to listen on, 0 for any free one', parsePort, 8470)
  .option(
    '--join-token <token>',
    'what sites need to join (default: CONSILIUM_JOIN_TOKEN, else the stored one, else a new one)',
  )
  .option('--tls-cert <file>', 'certificate with its chain (PEM), for HTTPS; SIGHUP reads it again')
  .option('--tls-key <file>', 'its private key (PEM)')
  .option('--hold', 'a new study waits for `consilium start`, also when its cohort is complete')
  .option('--insecure-no-tls', 'listen to other machines without encryption')
  .option('--json', 'print one JSON object per event on stdout')
  .option('--log-json', 'log facts as one JSON object per line on stderr, in place of sentences')
  .option('--verbose', 'log requests and frames too')
  .action(runServe)

addBackupCommands(program, {
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => new Date(),
  failed: (error, options) => {
    process.exitCode = report(error, createReporter(options, process))
  },
})

addControlCommands(program, {
  stdout: process.stdout,
  env: process.env,
  failed: (error, options) => {
    process.exitCode = report(error, createReporter(options, process))
  },
})

await program.parseAsync()

async function runServe({
  json = false,
  ...options
}: ServeOptions & LogOptions & { json?: boolean }) {
  const log = createLog(options)
  const { stdout, stderr } = process
  const reporter = createReporter(
    { json },
    { stdout, stderr, log: options.logJson === true ? log : undefined },
  )
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(EXIT_CUT_SHORT)
      log.info({ event: 'stopping', signal }, 'stopping; a second signal ends at once')
      stop.abort()
    })
  const store = options.store ?? process.env['CONSILIUM_STORE']
  const blobs = options.blobs ?? process.env['CONSILIUM_BLOBS']
  const joinToken = options.joinToken ?? process.env['CONSILIUM_JOIN_TOKEN']
  try {
    await serve(
      { ...options, ...given({ store, blobs, joinToken }) },
      {
        reporter,
        log,
        onHangup: (listener) => process.on('SIGHUP', listener),
        signal: stop.signal,
        onFatal: (error) => process.exit(report(error, reporter)),
      },
    )
  } catch (error) {
    process.exitCode = report(error, reporter)
  }
}

/** An empty variable is as good as none. */
function given(options: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, text]) => (text ? [[name, text]] : [])),
  )
}

/** Says what happened and returns the exit code for it. */
function report(thrown: unknown, reporter: Reporter): number {
  const error = explainSystemError(thrown)
  if (error instanceof ConsiliumError) {
    reporter.failed(error)
    return error instanceof DiskFullError ? EXIT_FAILED : EXIT_REFUSED
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  reporter.failed({ code: 'INTERNAL', message })
  return EXIT_FAILED
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('Expected a number from 0 to 65535.')
}
