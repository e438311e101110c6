/** The demo's command line. */
import os from 'node:os'
import { modelPresets, type ModelPreset } from '@consilium/study'
import { Command, InvalidArgumentError } from 'commander'
import { fullScale, quickScale, type DemoScale, type StudyOptions } from './demo-plan.ts'
import { DemoUsageError } from './errors.ts'

export interface DemoOptions extends DemoScale {
  readonly quick: boolean
  /** The user's own data, one source per site; empty for the invented hospitals. */
  readonly data: readonly string[]
  /** The data of a hospital outside the federation; true for the invented one. */
  readonly holdout: string | true | undefined
  /** Folder of the report. */
  readonly out: string
  readonly json: boolean
  /** Of each process that trains. */
  readonly threads: number
}

interface Flags extends Partial<StudyOptions> {
  readonly data: readonly string[]
  readonly holdout?: string | true
  readonly quick?: true
  readonly out: string
  readonly json?: true
  readonly threads: number
}

/** At least this many sites make a federation. */
const FEWEST_SITES = 2

/** `argv` without the program. Prints help and exits where that is asked for; throws DEMO_USAGE. */
export function parseDemoOptions(argv: readonly string[]): DemoOptions {
  const flags = createCommand().exitOverride().parse(argv, { from: 'user' }).opts<Flags>()
  const { data, holdout, quick = false, out, json = false, threads, ...chosen } = flags
  if (data.length > 0 && data.length < FEWEST_SITES) {
    throw new DemoUsageError({
      option: '--data',
      value: data.join(' '),
      expected: `the option once per site, for at least ${FEWEST_SITES} sites`,
    })
  }
  const scale = quick ? quickScale : fullScale
  const study = { ...scale.study, ...chosen }
  return { ...scale, study, quick, data, holdout, out, json, threads }
}

function createCommand(): Command {
  const { study } = fullScale
  return new Command('npm run demo --')
    .description(
      'Trains one backbone across three hospitals, on this machine, and measures it at each.',
    )
    .option(
      '--data <source>',
      'data of one site, once per site: a folder of images or file.npz[#split=1/3,skew=dirichlet:0.5]; without it, three invented hospitals',
      (source: string, before: readonly string[]) => [...before, source],
      [],
    )
    .option(
      '--holdout [source]',
      'also evaluate at a hospital outside the federation (default: an invented one)',
    )
    .option('--rounds <n>', `rounds of the federation (default: ${study.rounds})`, parseCount)
    .option(
      '--local-epochs <n>',
      `passes over a site's images per round (default: ${study.localEpochs})`,
      parseCount,
    )
    .option('--batch <n>', `images per step (default: ${study.batch})`, parseCount)
    .option(
      '--model <name>',
      `${Object.keys(modelPresets).join(', ')} (default: ${study.model})`,
      parseModel,
    )
    .option('--size <pixels>', `working resolution (default: ${study.size})`, parseCount)
    .option(
      '--channels <n>',
      `1 for grey, 3 for colour (default: ${study.channels})`,
      parseChannels,
    )
    .option(
      '--preset <name>',
      `augmentation: xray or microscopy (default: ${study.preset})`,
      parsePreset,
    )
    .option('--seed <n>', `seed of every random choice (default: ${study.seed})`, parseSeed)
    .option('--quick', 'a small run, in under a minute')
    .option('--out <folder>', 'where the report goes', 'consilium-demo/run')
    .option('--json', 'print the report as one JSON document on stdout')
    .option('--threads <n>', 'threads of each process that trains', parseCount, threadsPerSite())
}

/** Three agents share the machine. */
const threadsPerSite = (): number => Math.max(1, Math.floor(os.availableParallelism() / 3))

function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number from 1 to 999999.')
}

function parseSeed(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= 0xffffffff) return Number(text)
  throw new InvalidArgumentError('Expected a whole number of at most 32 bits.')
}

function parseModel(text: string): ModelPreset {
  if (Object.hasOwn(modelPresets, text)) return text as ModelPreset
  throw new InvalidArgumentError(`Expected one of ${Object.keys(modelPresets).join(', ')}.`)
}

function parseChannels(text: string): 1 | 3 {
  if (text === '1' || text === '3') return text === '1' ? 1 : 3
  throw new InvalidArgumentError('Expected 1 or 3.')
}

function parsePreset(text: string): StudyOptions['preset'] {
  if (text === 'xray' || text === 'microscopy') return text
  throw new InvalidArgumentError('Expected xray or microscopy.')
}
