/** A PostgreSQL server of a test's own, in a temporary folder, reached through a socket file. Tests only. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface PostgresServer {
  /** Path of the socket to connect to. */
  readonly socket: string
  /** For `--store`; each name is a study of its own. */
  url(schema: string): string
  /** As after a power cut: nothing is finished. Resolves when it is gone. */
  kill(): Promise<void>
  /** Resolves when it answers. */
  start(): Promise<void>
  stop(): Promise<void>
}

const DEBIAN = '/usr/lib/postgresql'

/** Where PostgreSQL is installed, newest version first; undefined where it is not. */
export function findPostgres(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined
  return readdirSync(DEBIAN)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
}

/** PostgreSQL refuses to run as root. */
function ownUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (option: string): number =>
    Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Resolves when it answers. */
export async function startPostgres(binaries: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'consilium-pg-'))
  const user = ownUser()
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!)
  const data = join(folder, 'data')
  const initialise = ['-D', data, '-U', 'consilium', '-A', 'trust', '--no-sync', '-E', 'UTF8']
  execFileSync(join(binaries, 'initdb'), [...initialise, '--locale=C'], { ...user, cwd: folder })
  let server: ChildProcess | undefined

  const start = async (): Promise<void> => {
    const args = ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'log_min_messages=log']
    const stdio = ['ignore', 'ignore', 'pipe'] as const
    server = spawn(join(binaries, 'postgres'), args, { ...user, cwd: folder, stdio: [...stdio] })
    let said = ''
    for await (const text of server.stderr!.iterator({ destroyOnReturn: false })) {
      said += String(text)
      if (said.includes('ready to accept connections')) break
    }
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start: ${said}`)
  }

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === undefined || server.exitCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }

  await start()
  return {
    socket: join(folder, '.s.PGSQL.5432'),
    url: (schema) =>
      `postgres://consilium@localhost/postgres?host=${encodeURIComponent(folder)}&schema=${schema}`,
    start,
    kill: () => end('SIGQUIT'),
    async stop() {
      await end('SIGINT')
      rmSync(folder, { recursive: true })
    },
  }
}
