/** Writes lowered graphs as ONNX models (opset 18, IR version 9). */
import type { Graph, Value } from '../trace/graph.ts'
import type { LoweringOptions, OnnxNode } from './graph-writer.ts'
import { lowerGraph } from './lower-graph.ts'
import { dataTypeCodes, modelType } from './model-schema.ts'

const OPSET = 18
const IR_VERSION = 9

/** A model whose inputs and outputs have the graph's names and shapes. */
export const encodeModel = (graph: Graph, options?: LoweringOptions): Uint8Array =>
  serialiseModel(modelParts(graph, options))

export function modelParts(graph: Graph, options?: LoweringOptions): ModelParts {
  const lowered = lowerGraph(graph, options)
  const identities = [...lowered.outputs].map(([name, computed]): OnnxNode => ({
    opType: 'Identity',
    input: [computed],
    output: [name],
    attribute: [],
  }))
  return {
    nodes: [...lowered.nodes, ...identities],
    initializers: lowered.initializers,
    inputs: [...graph.inputs].map(valueInfo),
    outputs: [...graph.outputs].map(valueInfo),
  }
}

export interface ModelParts {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly Readonly<Record<string, unknown>>[]
  readonly inputs: readonly Readonly<Record<string, unknown>>[]
  readonly outputs: readonly Readonly<Record<string, unknown>>[]
  readonly description?: ModelDescription
}

/** What a model says about itself to whoever opens it. */
export interface ModelDescription {
  /** Version of the software that wrote it. */
  readonly producerVersion?: string
  readonly docString?: string
  readonly metadata?: Readonly<Record<string, string>>
}

export function serialiseModel({
  nodes,
  initializers,
  inputs,
  outputs,
  description: { producerVersion, docString, metadata = {} } = {},
}: ModelParts): Uint8Array {
  const domains = new Set(nodes.flatMap(({ domain }) => domain ?? []))
  return modelType
    .encode({
      irVersion: IR_VERSION,
      producerName: 'consilium',
      producerVersion,
      docString,
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      opsetImport: [
        { domain: '', version: OPSET },
        ...[...domains].map((domain) => ({ domain, version: 1 })),
      ],
      graph: {
        name: 'program',
        node: nodes.map((node, i) => ({ ...node, name: `${node.opType}#${i}` })),
        initializer: initializers,
        input: inputs,
        output: outputs,
      },
    })
    .finish()
}

export const valueInfo = ([name, { shape, dtype }]: readonly [
  string,
  Pick<Value, 'shape' | 'dtype'>,
]): Record<string, unknown> => ({
  name,
  type: {
    tensorType: {
      elemType: dataTypeCodes[dtype],
      shape: { dim: shape.map((dimValue) => ({ dimValue })) },
    },
  },
})
