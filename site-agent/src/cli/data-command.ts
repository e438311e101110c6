import { InvalidArgumentError, type Command } from 'commander'
import { loadData } from '../data/load-data.ts'
import { parseDataSource } from '../data/parse-data-source.ts'
import { assertUsable, describePreflight, preflightCounts } from '../data/preflight.ts'
import { carryOut, type Shell } from './carry-out.ts'
import { describeProgress } from './describe-progress.ts'
import type { Output } from './output.ts'

interface CheckFlags {
  readonly data: string
  readonly size: number
  readonly channels: 1 | 3
  readonly labelsRequired?: boolean
  readonly json?: boolean
}

export function addDataCommand(program: Command, shell: Shell): void {
  program
    .command('data')
    .description('Look at the data of this site.')
    .command('check')
    .description(
      'Read a data source as a study would, and say what was found. Nothing is written or sent.',
    )
    .requiredOption('--data <source>', 'folder of images, file.npz, or part of a file.npz')
    .option('--size <pixels>', 'working size', parseSize, 64)
    .option('--channels <n>', '1 for grey, 3 for colour', parseChannels, 1)
    .option('--labels-required', 'refuse data that cannot be evaluated on')
    .option('--json', 'the counts as one JSON object on stdout')
    .action((flags: CheckFlags) =>
      carryOut(shell, { json: flags.json === true }, (output) => check(flags, shell, output)),
    )
}

async function check(flags: CheckFlags, { signal }: Shell, output: Output): Promise<void> {
  const { size, channels, labelsRequired = false } = flags
  const startedAt = performance.now()
  const { report } = await loadData(parseDataSource(flags.data), {
    shape: { size, channels },
    signal,
    onProgress({ done, total }) {
      output.progress(
        describeProgress({
          label: 'reading images',
          done,
          total,
          elapsedMs: performance.now() - startedAt,
        }),
      )
    },
  })
  for (const line of describePreflight(report)) output.say(line)
  output.event({ event: 'preflight', ...preflightCounts(report) })
  assertUsable(report, { labelsRequired })
}

function parseSize(text: string): number {
  const size = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (size >= 8 && size <= 1024) return size
  throw new InvalidArgumentError('Expected a whole number from 8 to 1024.')
}

function parseChannels(text: string): 1 | 3 {
  if (text === '1' || text === '3') return text === '1' ? 1 : 3
  throw new InvalidArgumentError('Expected 1 or 3.')
}
