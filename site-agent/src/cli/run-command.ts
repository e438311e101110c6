import os from 'node:os'
import { Option, type Command } from 'commander'
import { runAgent, type AgentOptions } from '../agent/run-agent.ts'
import { runStudies } from '../agent/run-studies.ts'
import { CHECKPOINT_INTERVAL_MS } from '../training/checkpoint-schedule.ts'
import type { TransferWindow } from '../pace/transfer-window.ts'
import { createTrainer } from '../training/trainer.ts'
import { FORMAT_NAMES, type FormatName } from '../update/choose-format.ts'
import { carryOut, sayError, type Shell } from './carry-out.ts'
import { exitCodeOf } from './exit-code.ts'
import { labelledOutput } from './labelled-output.ts'
import { observeAgent } from './observe-agent.ts'
import type { Output } from './output.ts'
import {
  parseCount,
  parseFormats,
  parseRate,
  parseSite,
  parseUrl,
  parseWindow,
} from './parse-option.ts'
import { chooseStudies, type StudyChoice, type StudyFlags } from './study-choice.ts'

interface RunFlags extends StudyFlags {
  readonly threads: number
  readonly checkpointSeconds: number
  readonly formats: readonly FormatName[]
  readonly maxBytesPerSecond?: number
  readonly transferWindow?: TransferWindow
  readonly labelsRequired?: boolean
  readonly json?: boolean
  readonly logJson?: boolean
}

export function addRunCommand(program: Command, shell: Shell): void {
  program
    .command('run')
    .description('Take part in a study: join, train in every round, keep the released backbone.')
    .option('--coordinator <url>', 'address of the coordinator', parseUrl)
    .option('--site <name>', 'name of this site in the study', parseSite)
    .option('--data <source>', 'folder of images, file.npz, or part of a file.npz')
    .option('--state <folder>', 'what this agent keeps; one folder per site and study')
    .option('--join-token <token>', 'from the study lead; better in CONSILIUM_JOIN_TOKEN')
    .addOption(
      new Option('--config <file>', 'several studies, in place of the options above').conflicts([
        'coordinator',
        'site',
        'data',
        'state',
        'joinToken',
      ]),
    )
    .option('--threads <n>', 'threads to train with', parseCount, os.availableParallelism())
    .option(
      '--checkpoint-seconds <n>',
      'write training in progress to the state folder as often as that',
      parseCount,
      CHECKPOINT_INTERVAL_MS / 1000,
    )
    .addOption(
      new Option(
        '--formats <names>',
        "wire formats to write updates in; the first of the plan's that is among them is used",
      )
        .argParser(parseFormats)
        .default(FORMAT_NAMES, FORMAT_NAMES.join(',')),
    )
    .option('--max-bytes-per-second <n>', 'of models and updates, in both directions', parseRate)
    .option(
      '--transfer-window <from-to>',
      'daily time of models and updates by the clock of this machine, such as 22:00-06:00',
      parseWindow,
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

async function run(flags: RunFlags, shell: Shell, output: Output): Promise<void> {
  const { env, signal } = shell
  const choices = await chooseStudies(flags, env)
  signal.addEventListener('abort', () => {
    output.say('Stopping after the step in hand. Stop it once more to end it at once.')
  })
  const trainer = createTrainer()
  const options = (choice: StudyChoice, to: Output): Omit<AgentOptions, 'trainer' | 'signal'> => ({
    url: choice.coordinator,
    site: choice.site,
    source: choice.source,
    stateFolder: choice.state,
    joinToken: choice.joinToken,
    threads: flags.threads,
    checkpointIntervalMs: flags.checkpointSeconds * 1000,
    formats: flags.formats,
    pace: { maxBytesPerSecond: flags.maxBytesPerSecond, window: flags.transferWindow },
    labelsRequired: flags.labelsRequired === true,
    ...observeAgent(to),
  })
  if (flags.config === undefined) {
    await runAgent({ ...options(choices[0]!, output), trainer, signal })
    return
  }
  const studies = choices.map((choice) => {
    const name = choice.name!
    return { name, ...options(choice, labelledOutput(output, name)) }
  })
  let exitCode: number | undefined
  const onFailure = (name: string, error: unknown): void => {
    sayError(error, labelledOutput(output, name), shell)
    exitCode ??= exitCodeOf(error)
  }
  await runStudies(studies, { trainer, signal, onFailure })
  if (exitCode !== undefined) shell.setExitCode(exitCode)
}
