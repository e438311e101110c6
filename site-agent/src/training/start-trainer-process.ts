import { fork, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface TrainerProcess {
  readonly child: ChildProcess
  /** Whether its last words were that there is no memory left; known when the child has closed. */
  readonly ranOutOfMemory: () => boolean
}

/** How V8 and the C++ library say it before they end a process. */
const OUT_OF_MEMORY = /out of memory|std::bad_alloc/i

/** What the process writes to its standard error is passed on. */
export function startTrainerProcess(): TrainerProcess {
  const isSource = import.meta.url.endsWith('.ts')
  const main = new URL(isSource ? './trainer-main.ts' : './trainer-main.js', import.meta.url)
  const child = fork(fileURLToPath(main), {
    stdio: ['inherit', 'inherit', 'pipe', 'ipc'],
    ...(isSource && { execArgv: sourceFlags }),
  })
  // A job hears of it in `ask`; between jobs there is nobody to tell, and the next one starts another process.
  child.on('error', () => undefined)
  let ranOut = false
  createInterface({ input: child.stderr! }).on('line', (line) => {
    ranOut ||= OUT_OF_MEMORY.test(line)
    process.stderr.write(`${line}\n`)
  })
  return { child, ranOutOfMemory: () => ranOut }
}

/** Tests run from source, where Node strips the types itself. */
const sourceFlags = [
  '--experimental-strip-types',
  '--disable-warning=ExperimentalWarning',
  '--conditions=consilium-source',
]
