/** The process `npm run test:faults`: arguments and exit code. */
import os from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { isGood } from './fault-case.ts'
import { faultTable } from './fault-table.ts'
import { faults } from './faults.ts'
import { runFaults } from './run-faults.ts'
import { abandonStages } from './stage.ts'

interface Options {
  readonly only?: readonly string[]
  readonly seed: number
  readonly every: number
  readonly parallel: number
  readonly json?: boolean
}

const names = faults.map(({ name }) => name)

const command = new Command('npm run test:faults --')
  .description('Plays every fault against real processes and compares the released models.')
  .addOption(
    new Option('--only <names>', `faults, separated by commas: ${names.join(', ')}`).argParser(
      parseNames,
    ),
  )
  .option('--seed <n>', 'of the random instants and places', parseCount, 1)
  .option('--every <n>', "of a fault's cases, every n-th", parseCount, 1)
  .option('--parallel <n>', 'cases at a time', parseCount, os.availableParallelism() + 1)
  .option('--json', 'print one JSON document on stdout')
  .parse()

const { only = names, seed, every, parallel, json = false } = command.opts<Options>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    abandonStages()
    process.exit(128 + os.constants.signals[signal])
  })
}
const chosen = faults.filter(({ name }) => only.includes(name))
const cases = await runFaults({
  ...{ faults: chosen, seed, every, parallel },
  say: (line) => process.stderr.write(`${line}\n`),
  clock: () => performance.now(),
})
const text = json ? JSON.stringify({ cases }) : `\n${faultTable(cases, chosen).join('\n')}`
process.stdout.write(`${text}\n`)
process.exitCode = cases.every(isGood) ? 0 : 1

function parseNames(text: string): readonly string[] {
  const wanted = text.split(',').map((name) => name.trim())
  const unknown = wanted.find((name) => !names.includes(name))
  if (unknown === undefined) return wanted
  throw new InvalidArgumentError(`There is no fault '${unknown}'.`)
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number from 1.')
}
