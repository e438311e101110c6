import type * as OnnxRuntime from 'onnxruntime-node'

interface SessionSettings {
  /** Threads inside one operator. */
  readonly threads: number
  /** Where ONNX Runtime's profiler writes: the beginning of a file name. */
  readonly profile?: string | undefined
}

export const sessionOptions = ({
  threads,
  profile,
}: SessionSettings): OnnxRuntime.InferenceSession.SessionOptions => ({
  executionProviders: ['cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  // Values that small mean nothing, and the processor takes a hundred times as long for them.
  extra: { session: { set_denormal_as_zero: '1' } },
  ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
})
