/** Looks at this machine and lets it compute for a few seconds. */
import type { RuntimeName } from '../compile.ts'
import { defaultCache } from '../cache/default-cache.ts'
import { blockSize } from '../onnx/block-size.ts'
import { findCache } from './find-cache.ts'
import { findMachine } from './find-machine.ts'
import { findProviders, findRuntimes } from './find-runtimes.ts'
import type { DoctorOptions } from './doctor-options.ts'
import type { DoctorReport, RuntimeFinding } from './doctor-report.ts'
import { measureThroughput, type Throughput } from './measure-throughput.ts'

/** In the order of preference; the reference runtime is for comparisons only. */
const TRAINING_RUNTIMES: readonly RuntimeName[] = ['onnx', 'tensorflow']

const ONNX_MISSING =
  'ONNX Runtime, which trains by default, is not loaded. Install the packages again with `npm ci`; if it stays, this system is none that onnxruntime-node is made for.'

export async function examine(
  { threads, dump }: DoctorOptions,
  onPhase: (phase: string) => void,
): Promise<DoctorReport> {
  onPhase('Looking for runtimes.')
  const machine = findMachine()
  const runtimes = findRuntimes()
  const hasOnnx = isLoaded(runtimes, 'onnx')
  const providers = hasOnnx ? await findProviders() : []
  const { computing, failures } = await firstThatComputes(runtimes, (runtime) =>
    measureThroughput({ runtime, threads, dump, onPhase }),
  )
  const { cacheProblems, ...cache } = await findCache(defaultCache())
  return {
    ...machine,
    runtime: computing?.runtime ?? null,
    runtimes,
    providers,
    threads,
    blockSize: hasOnnx ? await blockSize() : null,
    cache,
    throughput: computing?.throughput ?? null,
    problems: [...(hasOnnx ? [] : [ONNX_MISSING]), ...failures, ...cacheProblems],
  }
}

const isLoaded = (runtimes: readonly RuntimeFinding[], name: RuntimeName): boolean =>
  runtimes.some((runtime) => runtime.name === name && runtime.loaded)

interface Attempts {
  readonly computing?: { readonly runtime: RuntimeName; readonly throughput: Throughput }
  /** A sentence for each that does not compute. */
  readonly failures: readonly string[]
}

async function firstThatComputes(
  runtimes: readonly RuntimeFinding[],
  measure: (runtime: RuntimeName) => Promise<Throughput>,
): Promise<Attempts> {
  const failures: string[] = []
  for (const runtime of TRAINING_RUNTIMES.filter((name) => isLoaded(runtimes, name))) {
    try {
      return { computing: { runtime, throughput: await measure(runtime) }, failures }
    } catch (error) {
      failures.push(`The throughput check failed on ${runtime}: ${(error as Error).message}`)
    }
  }
  return { failures }
}
