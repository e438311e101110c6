/** The real process, as `npm run build` made it. Tests only. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/consilium.js', import.meta.url))

export type ProcessEvent = Record<string, unknown> & { readonly event: string }

export interface RunningProcess {
  readonly child: ChildProcess
  /** The first line on stdout with this event, past or to come. Rejects if the process ends without. */
  event(name: string, matches?: (event: ProcessEvent) => boolean): Promise<ProcessEvent>
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ code: number | null; stdout: readonly ProcessEvent[]; stderr: string }>
}

/** Call at the top of a test file; answers with the way to run `consilium` with arguments. */
export function useProcesses(): (...args: readonly string[]) => RunningProcess {
  const children: ChildProcess[] = []
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })
  return (...args) => {
    const running = run(args)
    children.push(running.child)
    return running
  }
}

function run(args: readonly string[]): RunningProcess {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const stdout: ProcessEvent[] = []
  const waiting = new Set<() => void>()
  let stderr = ''
  let over = false
  const wake = (): void => {
    for (const waiter of waiting) waiter()
    waiting.clear()
  }
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout.push(JSON.parse(line) as ProcessEvent)
    wake()
  })
  const ended = once(child, 'close').then(([code]) => {
    over = true
    wake()
    return { code: code as number | null, stdout, stderr }
  })
  return {
    child,
    ended,
    async event(name, matches = () => true) {
      for (;;) {
        const found = stdout.find((line) => line.event === name && matches(line))
        if (found !== undefined) return found
        if (over) throw new Error(`consilium ended without '${name}'. ${stderr}`)
        await new Promise<void>((resolve) => waiting.add(resolve))
      }
    },
  }
}
