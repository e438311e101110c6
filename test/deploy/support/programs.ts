/** Programs of the operating system that run beside a test. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

export interface ProgramChoice {
  readonly path: string
  readonly args: readonly string[]
  /** What it says on stderr once it is ready. */
  readonly ready: string
}

/** Call at the top of a test file. Answers with the way to start a program; resolves when it is ready. */
export function usePrograms(): (choice: ProgramChoice) => Promise<void> {
  const running: ChildProcess[] = []
  afterEach(async () => {
    for (const child of running.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
  })
  return async ({ path, args, ready }) => {
    const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    running.push(child)
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (text: Buffer) => {
        said += text.toString()
        if (said.includes(ready)) resolve()
      })
      child.once('error', reject)
      child.once('exit', () => {
        reject(new Error(`${path} ended: ${said}`))
      })
    })
  }
}

/** A port that was free a moment ago, for programs that take no 0. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
