/** Lowers a recorded graph to an ONNX model (opset 18, IR version 9). */
import { MissingKernelError } from '../errors.ts'
import { kernels } from '../kernels/index.ts'
import type { Graph, Value } from '../trace/graph.ts'
import { GraphWriter } from './graph-writer.ts'
import { dataTypeCodes, modelType } from './model-schema.ts'

const OPSET = 18
const IR_VERSION = 9

export function encodeModel(graph: Graph): Uint8Array {
  const writer = new GraphWriter()
  for (const [name, value] of graph.inputs) writer.store(value, name)
  for (const [value, data] of graph.constants) {
    writer.store(value, writer.constant(data, value.shape, value.dtype))
  }
  for (const node of graph.nodes) {
    const kernel = kernels.get(node.kernel)
    if (kernel === undefined) throw new MissingKernelError(node.kernel)
    kernel.lower(node, writer)
  }
  const identities = [...graph.outputs].map(([name, value]) => ({
    opType: 'Identity',
    input: [writer.load(value)],
    output: [name],
  }))
  return modelType
    .encode({
      irVersion: IR_VERSION,
      producerName: 'consilium',
      opsetImport: [{ domain: '', version: OPSET }],
      graph: {
        name: 'program',
        node: [...writer.nodes, ...identities].map((node, i) => ({
          ...node,
          name: `${node.opType}#${i}`,
        })),
        initializer: writer.initializers,
        input: [...graph.inputs].map(valueInfo),
        output: [...graph.outputs].map(valueInfo),
      },
    })
    .finish()
}

const valueInfo = ([name, { shape, dtype }]: [string, Value]): Record<string, unknown> => ({
  name,
  type: {
    tensorType: {
      elemType: dataTypeCodes[dtype],
      shape: { dim: shape.map((dimValue) => ({ dimValue })) },
    },
  },
})
