/** Lowers a recorded graph to ONNX nodes: every kernel call becomes the operators that compute it. */
import { MissingKernelError } from '../errors.ts'
import { kernels } from '../kernels/index.ts'
import type { Graph, Value } from '../trace/graph.ts'
import { GraphWriter, type LoweringOptions, type OnnxNode } from './graph-writer.ts'

export interface LoweredGraph {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly Readonly<Record<string, unknown>>[]
  /** Inputs keep the program's names. */
  readonly inputs: ReadonlyMap<string, Value>
  /** The program's name of each output and the ONNX name it is computed under. */
  readonly outputs: ReadonlyMap<string, string>
}

export function lowerGraph(graph: Graph, options?: LoweringOptions): LoweredGraph {
  const writer = new GraphWriter(options)
  for (const [name, value] of graph.inputs) writer.store(value, name)
  for (const [value, data] of graph.constants) {
    writer.store(value, writer.constant(data, value.shape, value.dtype))
  }
  for (const node of graph.nodes) {
    const kernel = kernels.get(node.kernel)
    if (kernel === undefined) throw new MissingKernelError(node.kernel)
    kernel.lower(node, writer)
  }
  const outputs = new Map([...graph.outputs].map(([name, value]) => [name, writer.load(value)]))
  return { nodes: writer.nodes, initializers: writer.initializers, inputs: graph.inputs, outputs }
}
