import type * as OnnxRuntime from 'onnxruntime-node'
import type { ProviderName } from './execution-provider.ts'

interface SessionSettings {
  /** Threads inside one operator. */
  readonly threads: number
  /** What it lacks, ONNX Runtime computes on the CPU. */
  readonly provider: ProviderName
  /** Where ONNX Runtime's profiler writes: the beginning of a file name. */
  readonly profile?: string | undefined
}

export const sessionOptions = ({
  threads,
  provider,
  profile,
}: SessionSettings): OnnxRuntime.InferenceSession.SessionOptions => ({
  executionProviders: [provider],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
})
