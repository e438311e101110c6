import { sizeOf } from '@consilium/weights'
import { tf } from '../tf.ts'
import type { ConstantData, DataType, Graph, Node, Value } from '../trace/graph.ts'
import { canEvaluate, evaluateNode } from './evaluate-node.ts'
import { isElementwise } from './is-elementwise.ts'
import { rewrite, type Replacement } from './rewrite.ts'
import { uniformValue, uniformValueOf } from './uniform-value.ts'

/** A known value of at most so many numbers is stored in the model; a larger one is not worth its room. */
export const MAX_FOLDED_VALUES = 4096

/**
 * Computes what does not depend on the program's inputs, with TensorFlow.js's CPU kernels: small values become
 * constants; large ones that are one number everywhere (tfjs stores zeros and ones) become Fill, made at run time.
 */
export function foldConstants(graph: Graph): Graph {
  const constants = new Map(graph.constants)
  const fills: Node[] = []
  for (const [value, data] of graph.constants) {
    const uniform = isSmall(value) ? undefined : uniformValueOf(data)
    if (uniform === undefined) continue
    constants.delete(value)
    fills.push(fill(value, uniform))
  }
  const filled = { ...graph, nodes: [...fills, ...graph.nodes] }
  const folded = rewrite(filled, (node, producers) => fold(node, { constants, producers }))
  return { ...folded, constants }
}

interface Known {
  /** Those of the graph, and the outputs of the nodes folded so far. */
  readonly constants: Map<Value, ConstantData>
  readonly producers: ReadonlyMap<Value, Node>
}

function fold(original: Node, { constants, producers }: Known): Replacement {
  const node = isSmall(original.output) ? withoutLike(original) : original
  const { inputs, output } = node
  if (!canEvaluate(node)) return [node]
  const data = inputs.map((value) => constants.get(value))
  if ([output, ...inputs].every(isSmall) && data.every(isKnown)) {
    constants.set(output, evaluateNode(node, data))
    return []
  }
  const numbers = inputs.map((value) => uniformValue(value, constants, producers))
  const isUniform = inputs.length > 0 && isElementwise(node) && numbers.every(isKnown)
  return [isUniform ? fill(output, evaluateOnNumbers(node, numbers)) : node]
}

const isSmall = ({ shape }: Value): boolean => sizeOf(shape) <= MAX_FOLDED_VALUES

const isKnown = <T>(x: T | undefined): x is T => x !== undefined

/** ZerosLike and OnesLike are known whatever their input is. */
function withoutLike(node: Node): Node {
  const value = { ZerosLike: 0, OnesLike: 1 }[node.kernel]
  return value === undefined ? node : fill(node.output, value)
}

const fill = (output: Value, value: number): Node => ({
  kernel: 'Fill',
  inputs: [],
  attributes: { shape: output.shape, value, dtype: output.dtype },
  output,
})

/** The number that an element-wise node gives everywhere when each input is one number everywhere. */
function evaluateOnNumbers(node: Node, numbers: readonly number[]): number {
  const inputs = node.inputs.map((value) => ({ ...value, shape: [] }))
  const data = numbers.map((number, i) => scalarData(number, inputs[i]!.dtype))
  return evaluateNode({ ...node, inputs }, data)[0]!
}

const scalarData = (number: number, dtype: DataType): ConstantData =>
  tf.util.getTypedArrayFromDType(dtype, 1).fill(number)
