import { ConsiliumError } from '@consilium/errors'
import { explainSystemError } from '../state/full-disk.ts'
import { exitCodeOf } from './exit-code.ts'
import { Interruption } from './interruption.ts'
import { createOutput, type Output, type OutputChoice, type Streams } from './output.ts'

/** What a command needs of its process. */
export interface Shell extends Streams {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborts when somebody stops the process. */
  readonly signal: AbortSignal
  readonly setExitCode: (code: number) => void
}

/** Runs a command and turns its end into one line and an exit code. */
export async function carryOut(
  shell: Shell,
  choice: OutputChoice,
  command: (output: Output) => Promise<void>,
): Promise<void> {
  const output = createOutput(shell, choice)
  try {
    await command(output)
  } catch (thrown) {
    const error = explainSystemError(thrown)
    shell.setExitCode(exitCodeOf(error))
    if (error instanceof Interruption) {
      output.event({ event: 'stopped' })
      output.say('Stopped. Start again to go on where this left off.')
    } else sayError(error, output, shell)
  }
}

export function sayError(error: unknown, output: Output, { env }: Pick<Shell, 'env'>): void {
  const code = error instanceof ConsiliumError ? error.code : 'INTERNAL'
  const message = error instanceof Error ? error.message : String(error)
  output.event({ event: 'error', code, message } as { event: string })
  output.say(`Error ${code}: ${message}`)
  if (env['CONSILIUM_DEBUG'] !== undefined && error instanceof Error) output.say(error.stack ?? '')
}
