/** The commands `backup` and `restore`. */
import type { Command } from 'commander'
import { backUp } from '../backup/back-up.ts'
import type { BackupManifest } from '../backup/backup-manifest.ts'
import { restore } from '../backup/restore.ts'

export interface BackupCommandDeps {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly now: () => Date
  /** Says what went wrong and sets the exit code. */
  readonly failed: (error: unknown, options: { json: boolean }) => void
}

interface Options {
  readonly state: string
  readonly json?: boolean
}

export function addBackupCommands(program: Command, deps: BackupCommandDeps): void {
  program
    .command('backup')
    .description('Copy a study to another folder; its coordinator may be running.')
    .requiredOption('--state <folder>', 'state folder of the coordinator')
    .requiredOption('--to <folder>', 'the backup: a folder that does not exist yet, or is empty')
    .option('--json', 'print one JSON object on stdout')
    .action(({ state, to, json = false }: Options & { to: string }) =>
      attempt(deps, json, async () => ({
        event: 'backed-up',
        folder: to,
        manifest: await backUp({ folder: state, target: to, now: deps.now }),
      })),
    )
  program
    .command('restore')
    .description('Make a state folder from a backup, after checking every file in it.')
    .requiredOption('--from <folder>', 'the backup')
    .requiredOption('--state <folder>', 'state folder: one that does not exist yet, or is empty')
    .option('--json', 'print one JSON object on stdout')
    .action(({ state, from, json = false }: Options & { from: string }) =>
      attempt(deps, json, async () => ({
        event: 'restored',
        folder: state,
        manifest: await restore({ source: from, folder: state }),
      })),
    )
}

interface Outcome {
  readonly event: 'backed-up' | 'restored'
  readonly folder: string
  readonly manifest: BackupManifest
}

async function attempt(
  { stdout, stderr, failed }: BackupCommandDeps,
  json: boolean,
  work: () => Promise<Outcome>,
): Promise<void> {
  try {
    const { event, folder, manifest } = await work()
    const { study, seq, at, files } = manifest
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    const facts = { event, folder, study, seq, at, files: files.length, bytes }
    if (json) stdout.write(`${JSON.stringify(facts)}\n`)
    stderr.write(
      `${event === 'restored' ? 'Restored' : 'Backed up'} study ${study} up to entry ${seq} of its journal: ${files.length} files, ${bytes} bytes, in ${folder}\n`,
    )
  } catch (error) {
    failed(error, { json })
  }
}
