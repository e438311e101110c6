/** The command line of a site agent: `consilium-site`. */
import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import { useProxy } from './agent/use-proxy.ts'
import { carryOut } from './cli/carry-out.ts'
import { addDataCommand } from './cli/data-command.ts'
import { addEvaluateCommand } from './cli/evaluate-command.ts'
import { exitCodes } from './cli/exit-code.ts'
import { abortOnInterrupt } from './cli/interruption.ts'
import { addRunCommand } from './cli/run-command.ts'
import { VERSION } from './version.ts'

/**
 * V8 counts the buffers of connections as its heap's, of which there is little here: left to itself it collects all of it
 * every few megabytes of a transfer (docs/federation-benchmark.md).
 */
setFlagsFromString('--heap-growing-percent=200')

const program = new Command('consilium-site')
  .description('The agent of one site in a federated study. Images never leave the site.')
  .version(VERSION)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitCodes.ok : exitCodes.usage))

const shell = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: abortOnInterrupt(process),
  setExitCode(code: number) {
    process.exitCode = code
  },
}

for (const addCommand of [addRunCommand, addEvaluateCommand, addDataCommand])
  addCommand(program, shell)

await carryOut(shell, { json: process.argv.includes('--json') }, async () => {
  useProxy(process.env)
  await program.parseAsync()
})
