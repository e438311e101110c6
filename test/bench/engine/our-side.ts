import { programOfBench, type LineProcess, type LineProcesses } from '../line-processes.ts'
import type { StepShape } from './row.ts'

interface OurProcess {
  readonly process: LineProcess
  readonly compileSeconds: number
}

interface OurOptions {
  /** For messages. */
  readonly name: string
  readonly threads: number
  readonly processes: LineProcesses
}

/** Our side of a row, compiled. */
export async function startOurs(
  shape: StepShape,
  { name, threads, processes }: OurOptions,
): Promise<OurProcess> {
  const process = await processes.start({
    name: `ours, ${name}`,
    ...programOfBench('engine/our-step-process', [JSON.stringify(shape), String(threads)]),
  })
  return { process, ...(process.ready as { compileSeconds: number }) }
}
