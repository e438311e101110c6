export { compile, type CompileOptions, type Executable, type RuntimeName } from './compile.ts'
export {
  compileStep,
  type CompiledStep,
  type SampleSource,
  type StepChoice,
  type StepOptions,
} from './step/compile-step.ts'
export type { TensorStep, TensorUpdate, TrainingStep } from './step/training-step.ts'
export type { OnNotice, ProviderName } from './runtimes/execution-provider.ts'
export { exportOnnx, type ExportOptions } from './export/export-onnx.ts'
export { dumpGraph } from './export/dump-graph.ts'
export { graphToText } from './print/graph-to-text.ts'
export { graphToDot } from './print/graph-to-dot.ts'
export { optimise } from './passes/optimise.ts'
export { traceProgram } from './trace/trace-program.ts'
export type { Graph } from './trace/graph.ts'
export { machineKey } from './cache/machine-key.ts'
export { tf, type TensorFlow } from './tf.ts'
export type { Program, Signature, Tensors } from './program.ts'
export {
  DynamicShapeError,
  InvalidInputError,
  InvalidOutputError,
  MissingKernelError,
  OutsideTensorError,
  RuntimeUnavailableError,
  TracedReadError,
} from './errors.ts'
