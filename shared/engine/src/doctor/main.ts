/** The process `engine doctor`: arguments, output, exit codes. */
import { mkdir } from 'node:fs/promises'
import { ConsiliumError } from '@consilium/errors'
import { UsageError } from '../errors.ts'
import { HELP, parseDoctorOptions, type DoctorOptions } from './doctor-options.ts'
import { examine } from './examine.ts'
import { reportText } from './report-text.ts'
import { slowProgress } from './slow-progress.ts'

const EXIT_CANNOT_COMPUTE = 1
const EXIT_USAGE = 2

/** What takes longer says what it does. */
const SILENCE_MS = 2000

const argv = process.argv.slice(2)
try {
  const options = parseDoctorOptions(argv)
  if (options.kind === 'help') process.stdout.write(HELP)
  else await run(options)
} catch (error) {
  if (!(error instanceof ConsiliumError)) throw error
  process.stderr.write(`Error ${error.code}: ${error.message}\n`)
  if (argv.includes('--json')) {
    const { code, message } = error
    process.stdout.write(`${JSON.stringify({ event: 'error', code, message })}\n`)
  }
  process.exitCode = EXIT_USAGE
}

async function run(options: DoctorOptions): Promise<void> {
  if (options.dump !== undefined) await makeFolder(options.dump)
  const progress = slowProgress((text) => process.stderr.write(`${text}\n`), SILENCE_MS)
  const report = await examine(options, progress.phase).finally(progress.end)
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report))
  if (report.runtime === null) process.exitCode = EXIT_CANNOT_COMPUTE
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw new UsageError(`--dump is '${folder}', which cannot be made: ${(error as Error).message}`)
  }
}
