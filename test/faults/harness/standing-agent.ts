/** A site agent that a service manager would keep: started again, with the same command, whenever it is killed. */
import { JOIN_TOKEN } from '../../e2e/support/federation.ts'
import type {
  Ended,
  ProcessEvent,
  RunningProcess,
  Start,
  Surroundings,
} from '../../e2e/support/processes.ts'
import type { Acknowledged } from './check-journal.ts'
import { explain } from './explain.ts'

export interface StandingAgentOptions {
  readonly start: Start
  readonly url: string
  readonly site: string
  readonly data: string
  readonly stateFolder: string
  readonly args?: readonly string[]
  /** Of the first process, the second and so on, from 0. */
  readonly surroundings?: (attempt: number) => Surroundings
  readonly onStart?: (process: RunningProcess) => void
  /** Told of a process that ended by itself without the release. Resolves when it may be started again. */
  readonly onExit?: (ended: Ended) => Promise<void> | void
}

export interface StandingAgent {
  /** The process that runs, or ran last. */
  current(): RunningProcess
  /** Of all its processes so far. */
  told(): readonly ProcessEvent[]
  acknowledged(): readonly Acknowledged[]
  /** Digest of the release it has kept. Rejects when a process ends by itself and nobody answers for it. */
  readonly released: Promise<string>
  stop(): Promise<void>
}

export function keepAgent(options: StandingAgentOptions): StandingAgent {
  const { start, url, site, data, stateFolder, onExit } = options
  const args = ['run', '--coordinator', url, '--site', site, '--data', data]
  const more = ['--state', stateFolder, '--threads', '1', '--json', ...(options.args ?? [])]
  const processes: RunningProcess[] = []
  let stopped = false
  const startNext = (): RunningProcess => {
    const { env, ...rest }: Surroundings = options.surroundings?.(processes.length) ?? {}
    const around = { ...rest, env: { CONSILIUM_JOIN_TOKEN: JOIN_TOKEN, ...env } }
    const process = start('consilium-site', [...args, ...more], around)
    processes.push(process)
    options.onStart?.(process)
    return process
  }
  const keep = async (): Promise<string> => {
    for (;;) {
      const ended = await startNext().ended
      const release = ended.events.find(({ event }) => event === 'release')
      if (ended.code === 0 && release !== undefined) return String(release['sha256'])
      if (stopped) return new Promise<never>(() => undefined)
      if (ended.code === null) continue // killed
      if (onExit === undefined) throw new Error(`the agent ${site} ended: ${explain(ended)}`)
      await onExit(ended)
    }
  }
  const released = keep()
  released.catch(() => undefined) // It may fail when nobody waits for it any more.
  const told = (): readonly ProcessEvent[] => processes.flatMap(({ events }) => events)
  return {
    released,
    told,
    current: () => processes.at(-1)!,
    acknowledged: () =>
      told()
        .filter(({ event }) => event === 'uploaded')
        .map(({ round, sha256 }) => ({ site, round: Number(round), sha256: String(sha256) })),
    async stop() {
      stopped = true
      processes.at(-1)!.kill()
      await processes.at(-1)!.ended
    },
  }
}
