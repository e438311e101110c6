/**
 * Processes that speak JSON lines: one when they are ready, then one in answer to each they read. They end when their
 * standard input does. A process of its own makes peak memory that of what is measured and nothing else.
 *
 * A Ctrl-C in the terminal does not reach them; the benchmark ends them all.
 */
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { MeasuredProcessError } from './errors.ts'

const LINES_KEPT = 20

export interface ProcessToStart {
  /** For messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
}

export interface LineProcess {
  /** What it said when it was ready. */
  readonly ready: unknown
  /** Throws BENCH_PROCESS_FAILED when it ends instead of answering. */
  ask(request: object): Promise<unknown>
  /** Closes its standard input and waits for its end. */
  end(): Promise<void>
}

export interface LineProcesses {
  /** Resolves when it is ready. Throws BENCH_PROCESS_FAILED. */
  start(what: ProcessToStart): Promise<LineProcess>
  /** Ends all that still run; from then on no answer and no failure is heard. */
  stopAll(): Promise<void>
}

/** The TypeScript program `name` below this folder, run by this Node. */
export const programOfBench = (
  name: string,
  args: readonly string[],
): Pick<ProcessToStart, 'command' | 'args'> => ({
  command: process.execPath,
  args: [fileURLToPath(new URL(`${name}.js`, import.meta.url)), ...args],
})

export function createLineProcesses(): LineProcesses {
  const running = new Map<ChildProcess, Promise<void>>()
  let stopping = false
  const killAll = (): void => {
    for (const child of running.keys()) child.kill('SIGKILL')
  }
  process.once('exit', killAll)
  return {
    async start({ name, command, args }) {
      const child = spawn(command, args, { stdio: 'pipe', detached: true })
      const closed = new Promise<void>((resolve) => {
        child.once('close', () => {
          resolve()
        })
      })
      running.set(child, closed)
      void closed.then(() => running.delete(child))
      const lastWords = listenToErrors(child)
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const hear = async (): Promise<unknown> => {
        const { value, done } = await lines.next()
        if (done !== true) return JSON.parse(value)
        await closed
        if (stopping) return new Promise<never>(() => undefined)
        const how = child.signalCode ?? `exit code ${child.exitCode ?? 'unknown'}`
        throw new MeasuredProcessError({ name, how, said: lastWords.join('\n') })
      }
      return {
        ready: await hear(),
        ask(request) {
          child.stdin.write(`${JSON.stringify(request)}\n`)
          return hear()
        },
        end() {
          child.stdin.end()
          return closed
        },
      }
    },
    async stopAll() {
      stopping = true
      killAll()
      await Promise.all(running.values())
    },
  }
}

/** The last lines on its standard error, and why it could not be started. */
function listenToErrors(child: ChildProcessWithoutNullStreams): readonly string[] {
  const lines: string[] = []
  const keep = (line: string): void => {
    lines.push(line)
    if (lines.length > LINES_KEPT) lines.shift()
  }
  createInterface({ input: child.stderr }).on('line', keep)
  child.on('error', ({ message }) => {
    keep(message)
  })
  // A process that has ended cannot be written to; its missing answer says so.
  child.stdin.on('error', () => undefined)
  return lines
}
