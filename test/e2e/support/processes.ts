/** The product's programs as operating-system processes, as `npm run build` made them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const programs = {
  consilium: () => beside('@consilium/coordinator', '../bin/consilium.js'),
  'consilium-site': () => beside('@consilium/site-agent', '../bin/consilium-site.js'),
}

/** A file of a package, by its path from the package's entry point. */
const beside = (name: string, file: string): string =>
  fileURLToPath(new URL(file, import.meta.resolve(name)))

export type Program = keyof typeof programs

/** One line of `--json`. */
export type ProcessEvent = Readonly<Record<string, unknown>> & { readonly event: string }

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly events: readonly ProcessEvent[]
  /** The last event: an error, where there was one. */
  readonly last: ProcessEvent | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface RunningProcess {
  readonly pid: number
  /** The first event of that name, past or to come. Throws if the process ends without. */
  event(name: string, matches?: (event: ProcessEvent) => boolean): Promise<ProcessEvent>
  /** The first `count` of them. */
  eventsUpTo(count: number, name: string): Promise<readonly ProcessEvent[]>
  /** Everything it has said so far. */
  readonly events: readonly ProcessEvent[]
  /** Kills this process and none it has started. */
  kill(): void
  /** To this process and none it has started. */
  signal(signal: NodeJS.Signals): void
  /** To the process and all it has started. */
  signalAll(signal: NodeJS.Signals): void
  /** What Ctrl-C does in a terminal: SIGINT to the process and all it has started. */
  interrupt(): void
  /** Whether the process or one it has started is still there. */
  isAlive(): boolean
  readonly ended: Promise<Ended>
}

/** How a process is started, beside what its command line says. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[]
}

export type Start = (
  program: Program,
  args: readonly string[],
  surroundings?: Surroundings,
) => RunningProcess

export interface Processes {
  readonly start: Start
  /** Kills all that still run, with what they have started, and waits for their end. */
  stopAll(): Promise<void>
  /** Kills them and does not wait. */
  killAll(): void
}

export function createProcesses(): Processes {
  const running: RunningProcess[] = []
  const killAll = (): void => {
    for (const process of running) signalGroup(process.pid, 'SIGKILL')
  }
  return {
    killAll,
    start(program, args, surroundings = {}) {
      const started = start(programs[program](), args, surroundings)
      running.push(started)
      return started
    },
    async stopAll() {
      killAll()
      await Promise.all(running.splice(0).map(({ ended }) => ended))
    },
  }
}

/** Call at the top of a test file. What a test has started ends with it, also when it fails. */
export function useProcesses(): Start {
  const processes = createProcesses()
  afterEach(() => processes.stopAll())
  return processes.start
}

function start(
  script: string,
  args: readonly string[],
  { env = {}, nodeArgs = [] }: Surroundings,
): RunningProcess {
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached: true, // a process group of its own
  })
  const output = collect(child)
  const { events } = output
  const find = async (name: string, matches: (event: ProcessEvent) => boolean, count: number) => {
    for (;;) {
      const found = events.filter((event) => event.event === name && matches(event))
      if (found.length >= count) return found.slice(0, count)
      if (output.closed()) throw new Error(`ended without ${count} × '${name}':\n${output.text()}`)
      await output.changed()
    }
  }
  const { pid = 0 } = child
  return {
    pid,
    events,
    ended: output.ended,
    event: async (name, matches = () => true) => (await find(name, matches, 1))[0]!,
    eventsUpTo: (count, name) => find(name, () => true, count),
    kill: () => void child.kill('SIGKILL'),
    signal: (signal) => void child.kill(signal),
    signalAll: (signal) => void signalGroup(pid, signal),
    interrupt: () => void signalGroup(pid, 'SIGINT'),
    isAlive: () => signalGroup(pid, 0),
  }
}

interface Output {
  readonly events: readonly ProcessEvent[]
  readonly text: () => string
  readonly closed: () => boolean
  /** Resolves at the next event, or at the end. */
  readonly changed: () => Promise<void>
  readonly ended: Promise<Ended>
}

function collect(
  child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
): Output {
  const events: ProcessEvent[] = []
  let stdout = ''
  let stderr = ''
  let closed = false
  let waiting: (() => void)[] = []
  const wake = (): void => {
    for (const waiter of waiting.splice(0)) waiter()
  }
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`
    events.push(JSON.parse(line) as ProcessEvent)
    wake()
  })
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      closed = true
      wake()
      resolve({ code, events, last: events.at(-1), stdout, stderr })
    })
  })
  return {
    events,
    ended,
    text: () => `${stdout}${stderr}`,
    closed: () => closed,
    changed: () =>
      new Promise((resolve) => {
        waiting = [...waiting, resolve]
      }),
  }
}

/** Whether there was a process to signal. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
