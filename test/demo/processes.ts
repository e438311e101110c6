/**
 * The product's programs as operating-system processes. They speak JSON lines on stdout; what they say on stderr is
 * kept to explain a failure. Each is the leader of its own process group: a Ctrl-C in the terminal reaches only the demo,
 * which stops everything in order, and a process that does not stop is ended together with the processes it started.
 */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { ProcessFailedError } from './errors.ts'

/** How long a process may take to stop. */
const STOP_MS = 10_000
const LINES_KEPT = 8

export type ProcessEvent = Readonly<Record<string, unknown>> & { readonly event: string }

export interface ProcessToStart {
  /** For messages: 'coordinator', 'site riverside'. */
  readonly name: string
  readonly program: 'consilium' | 'consilium-site'
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly onEvent: (event: ProcessEvent) => void
}

export interface RunningProcess {
  /** Resolves when it has ended with 0, never when it was stopped. Throws DEMO_PROCESS_FAILED otherwise. */
  readonly ended: Promise<void>
}

export interface Processes {
  start(what: ProcessToStart): RunningProcess
  /** Stops all that still run, and waits for them. */
  stopAll(): Promise<void>
}

const scripts = {
  consilium: () => beside('@consilium/coordinator', '../bin/consilium.js'),
  'consilium-site': () => beside('@consilium/site-agent', '../bin/consilium-site.js'),
} as const satisfies Record<ProcessToStart['program'], () => string>

/** A file of a package, by its path from the package's entry point. */
const beside = (name: string, file: string): string =>
  fileURLToPath(new URL(file, import.meta.resolve(name)))

export function createProcesses(): Processes {
  const running = new Map<ChildProcess, Promise<void>>()
  let stopping = false
  process.once('exit', () => {
    for (const child of running.keys()) killGroup(child, 'SIGKILL')
  })
  return {
    start({ name, program, args, env = {}, onEvent }) {
      const child = spawn(process.execPath, [scripts[program](), ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...env },
        detached: true,
      })
      const { linesKept, lastError } = listen(child, (event) => {
        if (!stopping) onEvent(event)
      })
      const closed = once(child, 'close').then(() => {
        running.delete(child)
      })
      running.set(child, closed)
      const ended = closed.then(() => {
        if (stopping) return new Promise<never>(() => undefined)
        if (child.exitCode === 0) return
        const how = child.signalCode ?? `exit code ${child.exitCode ?? 'unknown'}`
        throw new ProcessFailedError({ name, how, why: lastError() ?? linesKept.join('\n') })
      })
      return { ended }
    },
    async stopAll() {
      stopping = true
      await Promise.all([...running].map(([child, closed]) => stop(child, closed)))
    },
  }
}

function listen(
  child: ChildProcessByStdio<null, Readable, Readable>,
  onEvent: (event: ProcessEvent) => void,
): { readonly linesKept: readonly string[]; readonly lastError: () => string | undefined } {
  const linesKept: string[] = []
  let lastError: string | undefined
  createInterface({ input: child.stderr }).on('line', (line) => {
    linesKept.push(line)
    if (linesKept.length > LINES_KEPT) linesKept.shift()
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as ProcessEvent
    if (event.event === 'error') lastError = `${String(event['code'])}: ${String(event['message'])}`
    onEvent(event)
  })
  return { linesKept, lastError: () => lastError }
}

async function stop(child: ChildProcess, closed: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const deadline = setTimeout(() => {
    killGroup(child, 'SIGKILL')
  }, STOP_MS)
  await closed
  clearTimeout(deadline)
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // ESRCH: it has ended meanwhile
  }
}
