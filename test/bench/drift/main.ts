/** `npm run bench:drift`: what studies learn with the rules that are meant for sites that drift apart. */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { AggregationPlan } from '@consilium/study'
import { createProcesses } from '../../demo/processes.ts'
import { differenceText } from '../learning/difference-text.ts'
import { drawSites } from '../learning/draw-sites.ts'
import { measureLearning, type Learned, type LearningResult } from '../learning/measure-learning.ts'

interface Options {
  readonly rounds: number
  readonly localEpochs: number
  readonly films: number
  readonly seed: number
  readonly json?: boolean
}

interface DriftResult extends LearningResult {
  readonly rule: AggregationPlan['rule']
}

/** The others are compared with the first one. All of them count every site the same. */
const rules: readonly AggregationPlan[] = [
  { rule: 'fedavg', weighting: 'uniform' },
  { rule: 'fednova', weighting: 'uniform' },
  { rule: 'scaffold', serverLearningRate: 1 },
]

const { json, ...options } = new Command('npm run bench:drift --')
  .description('Compares rules for sites that differ, by what whole studies learn with them.')
  .option('--rounds <n>', 'of every study', parseCount, 10)
  .option('--local-epochs <n>', 'between two rounds: more of them, more drift', parseCount, 5)
  .option('--films <n>', 'of each of the three hospitals', parseCount, 300)
  .option('--seed <n>', 'of the studies', parseCount, 1)
  .option('--json', 'print one JSON document on stdout')
  .parse(process.argv)
  .opts<Options>()

const folder = mkdtempSync(path.join(os.tmpdir(), 'consilium-drift-'))
const processes = createProcesses()
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(128 + os.constants.signals[signal]))
}
try {
  const results = await measure()
  const text = json === true ? JSON.stringify({ ...options, rules: results }) : tableOf(results)
  process.stdout.write(`${text}\n`)
} finally {
  await processes.stopAll()
}

async function measure(): Promise<readonly DriftResult[]> {
  const { rounds, localEpochs, films, seed } = options
  const sites = await drawSites(path.join(folder, 'data'), films)
  const results: DriftResult[] = []
  let reference: Learned | undefined
  for (const aggregation of rules) {
    const { rule } = aggregation
    process.stderr.write(`A study with ${rule}\n`)
    const setUp = { processes, sites, rounds, localEpochs, seed, folder: path.join(folder, rule) }
    const learned = await measureLearning({ aggregation }, setUp, reference)
    reference ??= learned
    results.push({ rule, ...learned.result })
  }
  return results
}

function tableOf(results: readonly DriftResult[]): string {
  const rows = results.map(({ rule, probeAuc, difference, knnAccuracy }) => [
    rule,
    probeAuc.toFixed(3),
    differenceText(difference),
    knnAccuracy.toFixed(3),
  ])
  return [['', 'probe AUC', 'to fedavg', 'kNN'], ...rows]
    .map(([name, auc, difference, knn]) =>
      [name!.padEnd(12), auc!.padStart(12), difference!.padStart(24), knn!.padStart(12)].join(''),
    )
    .join('\n')
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number of 1 or more.')
}
