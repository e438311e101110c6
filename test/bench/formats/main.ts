/** `npm run bench:formats`: what every wire format costs, and what it does to learning. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { createProcesses } from '../../demo/processes.ts'
import type { SiteSource } from '../../demo/site-sources.ts'
import { drawSites } from '../learning/draw-sites.ts'
import { measureLearning, type Learned, type LearningSetUp } from '../learning/measure-learning.ts'
import { formatLines, type FormatResult } from './format-lines.ts'
import { formatLabel, formats } from './formats.ts'
import { madeUpUpdate, measureCodec } from './measure-codec.ts'

interface Options {
  readonly parameters: number
  readonly rounds: number
  readonly films: number
  readonly seed: number
  readonly learning: boolean
  readonly json?: boolean
}

const options = new Command('npm run bench:formats --')
  .description('Measures the wire formats: size, time, and what studies learn with them.')
  .option('--parameters <n>', 'of the update that is written and read', parseCount, 23_500_000)
  .option('--rounds <n>', 'of every study', parseCount, 12)
  .option('--films <n>', 'of each of the three hospitals', parseCount, 900)
  .option('--seed <n>', 'of the studies', parseCount, 1)
  .option('--no-learning', 'measure size and time only')
  .option('--json', 'print one JSON document on stdout')
  .parse(process.argv)
  .opts<Options>()

const folder = mkdtempSync(path.join(os.tmpdir(), 'consilium-formats-'))
const processes = createProcesses()
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(128 + os.constants.signals[signal]))
}
try {
  const results = await measure()
  const { parameters, rounds, films, seed } = options
  const lines =
    options.json === true
      ? [JSON.stringify({ parameters, rounds, films, seed, formats: results })]
      : formatLines(results)
  process.stdout.write(`${lines.join('\n')}\n`)
} finally {
  await processes.stopAll()
}

async function measure(): Promise<readonly FormatResult[]> {
  const codecs: FormatResult[] = []
  const update = madeUpUpdate(options.parameters)
  for (const format of formats)
    codecs.push({ format: formatLabel(format), ...(await measureCodec(format, update)) })
  return options.learning
    ? withLearning(codecs, await drawSites(path.join(folder, 'data'), options.films))
    : codecs
}

async function withLearning(
  codecs: readonly FormatResult[],
  sites: readonly SiteSource[],
): Promise<readonly FormatResult[]> {
  const results: FormatResult[] = []
  let reference: Learned | undefined
  for (const [i, format] of formats.entries()) {
    process.stderr.write(`A study with ${formatLabel(format)}\n`)
    const { rounds, seed } = options
    const setUp: LearningSetUp = {
      ...{ processes, sites, rounds, seed },
      folder: path.join(folder, `study-${i}`),
    }
    const learned = await measureLearning({ transfer: { formats: [format] } }, setUp, reference)
    reference ??= learned
    results.push({ ...codecs[i]!, learning: learned.result })
  }
  return results
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number of 1 or more.')
}
