/** The benchmark's command line. */
import os from 'node:os'
import { Command, Option } from 'commander'
import { BenchUsageError } from '../errors.ts'
import { rows } from './row.ts'

/** The name of the gradient-caching pair beside those of the rows. */
export const GRADIENT_CACHING = 'gradient-caching'

const NAMES: readonly string[] = [...rows.map(({ name }) => name), GRADIENT_CACHING]

export interface BenchOptions {
  /** What is measured, in the table's order. */
  readonly rows: readonly string[]
  readonly threads: number
  /** Turns of each side per row. */
  readonly repeats: number
  readonly pytorch: boolean
  readonly json: boolean
}

/** `argv` without the program. Prints help and exits where that is asked for; throws BENCH_USAGE. */
export function parseBenchOptions(argv: readonly string[]): BenchOptions {
  const command = createCommand().exitOverride().parse(argv, { from: 'user' })
  const { json = false, ...flags } = command.opts<Omit<BenchOptions, 'json'> & { json?: true }>()
  return { ...flags, json }
}

const createCommand = (): Command =>
  new Command('npm run bench:engine --')
    .description(
      'Measures whole SimCLR training steps, and the same steps in PyTorch in turns with them.',
    )
    .addOption(
      new Option('--rows <names>', `what to measure, separated by commas: ${NAMES.join(', ')}`)
        .argParser(parseRows)
        .default(NAMES, 'all of them'),
    )
    .option(
      '--threads <n>',
      'threads of each side',
      parseCount('--threads'),
      os.availableParallelism(),
    )
    .option('--repeats <n>', 'turns of each side per row', parseCount('--repeats'), 5)
    .option('--no-pytorch', 'measure ours only')
    .option('--json', 'print one JSON document on stdout')

function parseRows(text: string): readonly string[] {
  const chosen = text.split(',').map((name) => name.trim())
  const unknown = chosen.find((name) => !NAMES.includes(name))
  if (unknown !== undefined) {
    const expected = `names of ${NAMES.join(', ')}, separated by commas`
    throw new BenchUsageError({ option: '--rows', value: unknown, expected })
  }
  return NAMES.filter((name) => chosen.includes(name))
}

const parseCount =
  (option: string) =>
  (text: string): number => {
    if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
    throw new BenchUsageError({ option, value: text, expected: 'a whole number from 1 to 999' })
  }
