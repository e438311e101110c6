import { InvalidArgumentError, type Command } from 'commander'
import type { Order } from '../rounds/control-study.ts'
import { fetchStatus, sendOrder, type ControlOptions } from './control.ts'
import { describeAnswer, describeStatus } from './describe-status.ts'
import { parseDuration } from './parse-duration.ts'

type Options = ControlOptions & { readonly json?: boolean }

export interface ControlCommandDeps {
  readonly stdout: NodeJS.WritableStream
  readonly env: NodeJS.ProcessEnv
  /** Says what went wrong and sets the exit code. */
  readonly failed: (error: unknown, options: { json: boolean }) => void
}

/** Adds the commands that control a coordinator that runs already. */
export function addControlCommands(program: Command, deps: ControlCommandDeps): void {
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--coordinator <url>', 'address of the coordinator', 'http://127.0.0.1:8470')
      .option('--json', 'print the answer as one JSON object on stdout')
  const order = (name: string, description: string): Command =>
    command(name, description)
      .option('--operator-token <token>', 'the operator token (default: CONSILIUM_OPERATOR_TOKEN)')
      .option('--state <folder>', 'state folder of the coordinator, to read the token from')
      .option('--store <address>', 'database of the coordinators, to read the token from')

  command('status', 'Say what the study waits for.').action((options: Options) =>
    attempt(deps, options, async () => {
      const view = await fetchStatus(options)
      return options.json === true ? JSON.stringify(view) : describeStatus(view)
    }),
  )
  const sends = (from: (given: Record<string, unknown>) => Order) => (options: Options) =>
    attempt(deps, options, async () => {
      const operatorToken = options.operatorToken ?? deps.env['CONSILIUM_OPERATOR_TOKEN']
      const answer = await sendOrder({ ...options, operatorToken }, from({ ...options }))
      return options.json === true ? JSON.stringify(answer) : describeAnswer(answer)
    })

  order('start', 'Start a study that waits for you, or start with fewer sites than planned.')
    .option('--with <sites>', 'sites to start with, at least the quorum', parseCount)
    .action(sends(({ with: sites }) => ({ kind: 'start', ...given('sites', sites) })))
  order('pause', 'Let no round open and the deadline stand still; updates are still taken.')
    .option('--reason <text>', 'shown to sites and on the live page')
    .action(sends(({ reason }) => ({ kind: 'pause', ...given('reason', reason) })))
  order('resume', 'Go on after a pause.').action(sends(() => ({ kind: 'resume' })))
  order('stop', 'Drop the open round and release the last committed model.')
    .option('--after-round', 'finish the open round first')
    .action(sends(({ afterRound }) => ({ kind: 'stop', afterRound: afterRound === true })))
  order('extend', 'Add rounds, or time for the open round.')
    .option('--rounds <n>', 'rounds of the study in all', parseCount)
    .option('--deadline <time>', 'time the open round has from now: 45min, 2h, 3d', parseDuration)
    .action(
      sends(({ rounds, deadline }) => ({
        kind: 'extend',
        ...given('rounds', rounds),
        ...given('deadlineMs', deadline),
      })),
    )
}

async function attempt(
  { stdout, failed }: ControlCommandDeps,
  { json = false }: Options,
  work: () => Promise<string>,
): Promise<void> {
  try {
    stdout.write(`${await work()}\n`)
  } catch (error) {
    failed(error, { json })
  }
}

const given = (key: string, value: unknown): Record<string, never> =>
  (value === undefined ? {} : { [key]: value }) as Record<string, never>

function parseCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count > 0 && Number.isSafeInteger(count)) return count
  throw new InvalidArgumentError('Expected a whole number above 0.')
}
