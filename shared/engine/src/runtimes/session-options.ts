import type * as OnnxRuntime from 'onnxruntime-node'
import type { ProviderName } from './execution-provider.ts'

interface SessionSettings {
  /** Threads inside one operator. */
  readonly threads: number
  /** What it lacks, ONNX Runtime computes on the CPU. */
  readonly provider: ProviderName
  /** Where ONNX Runtime's profiler writes: the beginning of a file name. */
  readonly profile?: string | undefined
  /** Whether the model is as ONNX Runtime's optimiser left it. */
  readonly optimised?: boolean
  /** File that the optimised model is written to. */
  readonly optimisedTo?: string | undefined
}

export const sessionOptions = ({
  threads,
  provider,
  profile,
  optimised = false,
  optimisedTo,
}: SessionSettings): OnnxRuntime.InferenceSession.SessionOptions => ({
  executionProviders: [provider],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: optimised ? 'disabled' : 'all',
  logSeverityLevel: 3,
  ...(optimisedTo !== undefined && { optimizedModelFilePath: optimisedTo }),
  ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
})
