/** The benchmark's command line. */
import { Command, Option } from 'commander'
import { BenchUsageError } from '../errors.ts'

/** In the order they are measured. */
export const PARTS = ['codec', 'rounds', 'sites', 'fold'] as const

export type Part = (typeof PARTS)[number]

export interface BenchOptions {
  /** What is measured, in the table's order. */
  readonly parts: readonly Part[]
  readonly sites: number
  readonly json: boolean
}

/** `argv` without the program. Prints help and exits where that is asked for; throws BENCH_USAGE. */
export function parseBenchOptions(argv: readonly string[]): BenchOptions {
  const command = createCommand().exitOverride().parse(argv, { from: 'user' })
  const { json = false, ...flags } = command.opts<Omit<BenchOptions, 'json'> & { json?: true }>()
  return { ...flags, json }
}

const createCommand = (): Command =>
  new Command('npm run bench:federation --')
    .description('Measures everything of a federation but the training.')
    .addOption(
      new Option('--parts <names>', `what to measure, separated by commas: ${PARTS.join(', ')}`)
        .argParser(parseParts)
        .default(PARTS, 'all of them'),
    )
    .addOption(new Option('--sites <n>', "of the part 'sites'").argParser(parseSites).default(1000))
    .option('--json', 'print one JSON document on stdout')

function parseParts(text: string): readonly Part[] {
  const chosen = text.split(',').map((name) => name.trim())
  const unknown = chosen.find((name) => !PARTS.some((part) => part === name))
  if (unknown !== undefined) {
    const expected = `names of ${PARTS.join(', ')}, separated by commas`
    throw new BenchUsageError({ option: '--parts', value: unknown, expected })
  }
  return PARTS.filter((part) => chosen.includes(part))
}

function parseSites(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= 2000) return Number(text)
  throw new BenchUsageError({
    ...{ option: '--sites', value: text },
    expected: 'a whole number from 1 to 2000',
  })
}
