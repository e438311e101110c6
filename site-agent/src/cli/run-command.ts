import os from 'node:os'
import { InvalidArgumentError, type Command } from 'commander'
import type { AgentEvent } from '../agent/agent-event.ts'
import { runAgent } from '../agent/run-agent.ts'
import { parseDataSource } from '../data/parse-data-source.ts'
import { describePreflight } from '../data/preflight.ts'
import { UsageError } from '../errors.ts'
import { CHECKPOINT_INTERVAL_MS } from '../training/checkpoint-schedule.ts'
import { createTrainer } from '../training/trainer.ts'
import { carryOut, type Shell } from './carry-out.ts'
import { describeEvent } from './describe-event.ts'
import { describeProgress } from './describe-progress.ts'
import type { Output } from './output.ts'
import { parseCount, parseSite } from './parse-option.ts'

interface RunFlags {
  readonly coordinator: string
  readonly site: string
  readonly data: string
  readonly state: string
  readonly joinToken?: string
  readonly threads: number
  readonly checkpointSeconds: number
  readonly labelsRequired?: boolean
  readonly json?: boolean
  readonly logJson?: boolean
}

export function addRunCommand(program: Command, shell: Shell): void {
  program
    .command('run')
    .description('Take part in a study: join, train in every round, keep the released backbone.')
    .requiredOption('--coordinator <url>', 'address of the coordinator', parseUrl)
    .requiredOption('--site <name>', 'name of this site in the study', parseSite)
    .requiredOption('--data <source>', 'folder of images, file.npz, or part of a file.npz')
    .requiredOption('--state <folder>', 'what this agent keeps; one folder per site and study')
    .option('--join-token <token>', 'from the study lead; better in CONSILIUM_JOIN_TOKEN')
    .option('--threads <n>', 'threads to train with', parseCount, os.availableParallelism())
    .option(
      '--checkpoint-seconds <n>',
      'write training in progress to the state folder as often as that',
      parseCount,
      CHECKPOINT_INTERVAL_MS / 1000,
    )
    .option('--labels-required', 'refuse data that cannot be evaluated on')
    .option('--json', 'one JSON object per event on stdout')
    .option('--log-json', 'one JSON object per fact on stderr, without names of files or classes')
    .action((flags: RunFlags) =>
      carryOut(shell, { json: flags.json === true, logJson: flags.logJson === true }, (output) =>
        run(flags, shell, output),
      ),
    )
}

async function run(flags: RunFlags, { env, signal }: Shell, output: Output): Promise<void> {
  const joinToken = flags.joinToken ?? env['CONSILIUM_JOIN_TOKEN']
  if (joinToken === undefined || joinToken === '') {
    const expected = 'the join token of the study, from there or from CONSILIUM_JOIN_TOKEN'
    throw new UsageError({ option: '--join-token', value: '', expected })
  }
  const source = parseDataSource(flags.data)
  const startedAt = performance.now()
  await runAgent({
    url: flags.coordinator,
    site: flags.site,
    source,
    stateFolder: flags.state,
    joinToken,
    threads: flags.threads,
    checkpointIntervalMs: flags.checkpointSeconds * 1000,
    labelsRequired: flags.labelsRequired === true,
    trainer: createTrainer(),
    report: createEventPrinter(output),
    onPreflight(report) {
      for (const line of describePreflight(report)) output.say(line)
    },
    onReading({ done, total }) {
      output.progress(
        describeProgress({
          label: 'reading images',
          done,
          total,
          elapsedMs: performance.now() - startedAt,
        }),
      )
    },
    signal,
  })
}

function createEventPrinter(output: Output): (event: AgentEvent) => void {
  let roundAt = performance.now()
  return (event) => {
    output.event(event)
    if (event.event === 'round') roundAt = performance.now()
    if (event.event === 'progress') {
      output.progress(
        describeProgress({
          label: `round ${event.round}/${event.rounds}`,
          done: event.step,
          total: event.steps,
          elapsedMs: performance.now() - roundAt,
          detail: `loss ${event.loss.toFixed(4)}  ${event.imagesPerSecond.toFixed(0)} images/s`,
        }),
      )
    }
    const line = describeEvent(event)
    if (line !== undefined) output.say(line)
  }
}

function parseUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('Expected an address such as http://127.0.0.1:8470.')
  }
  return url.href.replace(/\/+$/, '')
}
