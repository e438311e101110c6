/** What the numbers were measured on, and what it could do at best. */
import { createRequire } from 'node:module'
import os from 'node:os'
import { busyWarning } from './busy-machine.ts'
import { programOfBench, type LineProcess, type LineProcesses } from '../line-processes.ts'
import type { Python } from './pytorch.ts'

/** One thread, and as many single-threaded processes side by side as the benchmark has threads. */
export interface Rates {
  readonly oneThread: number
  readonly allThreads: number
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** Over the minute before the benchmark began. */
  readonly loadAverage: number
  /** Why the ratios are worth little; missing where nothing else ran. */
  readonly warning?: string
  readonly threads: number
  readonly node: string
  readonly onnxruntime: string
  readonly pytorch?: { readonly version: string; readonly threads: number }
  /** Products of 1024 x 1024 matrices in ONNX Runtime. */
  readonly matMulGflops: Rates
  /** Gigabytes per second that an addition and a sum read and write in ONNX Runtime. */
  readonly memoryGBs: Rates
}

interface Options {
  readonly threads: number
  readonly python: Python | undefined
  readonly processes: LineProcesses
  readonly say: (line: string) => void
}

export async function describeMachine(options: Options): Promise<Machine> {
  const { threads, python, processes, say } = options
  const cores = os.availableParallelism()
  const loadAverage = os.loadavg()[0]!
  const warning = busyWarning(loadAverage, cores)
  if (warning !== undefined) say(warning)
  const probes = await Promise.all(
    Array.from({ length: threads }, (_, i) =>
      processes.start({
        name: `machine, thread ${i + 1}`,
        ...programOfBench('engine/machine-probe-process', []),
      }),
    ),
  )
  const matMulGflops = await ratesOf(probes, 'matMul')
  const memoryGBs = await ratesOf(probes, 'memory')
  await Promise.all(probes.map((probe) => probe.end()))
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    loadAverage,
    ...(warning === undefined ? {} : { warning }),
    threads,
    node: process.version,
    onnxruntime: versionOfOnnxRuntime(),
    ...(python === undefined ? {} : { pytorch: { version: python.version, threads } }),
    matMulGflops,
    memoryGBs,
  }
}

async function ratesOf(
  probes: readonly LineProcess[],
  measure: 'matMul' | 'memory',
): Promise<Rates> {
  const rateOf = async (probe: LineProcess): Promise<number> => {
    const { perSecond } = (await probe.ask({ measure })) as { perSecond: number }
    return perSecond / 1e9
  }
  const oneThread = await rateOf(probes[0]!)
  const together = await Promise.all(probes.map(rateOf))
  return { oneThread, allThreads: together.reduce((sum, rate) => sum + rate) }
}

/** The engine's own copy. */
function versionOfOnnxRuntime(): string {
  const require = createRequire(import.meta.resolve('@consilium/engine'))
  return (require('onnxruntime-node/package.json') as { version: string }).version
}
