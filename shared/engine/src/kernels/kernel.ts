import type { GraphWriter } from '../onnx/graph-writer.ts'
import type { Attributes, DataType, Node, Value } from '../trace/graph.ts'

export interface TensorType {
  readonly shape: readonly number[]
  readonly dtype: DataType
}

/** One TensorFlow.js kernel the engine can record: the type of its result, and how ONNX computes it. */
export interface Kernel {
  /** tfjs-core's kernel name (tfjs-core/src/kernel_names.ts). */
  readonly name: string
  /** Names of its inputs, in the order `infer` and `lower` see them; absent where the input is a list. */
  readonly inputs?: readonly string[]
  readonly infer: (inputs: readonly Value[], attributes: Attributes) => TensorType
  readonly lower: (node: Node, writer: GraphWriter) => void
}
