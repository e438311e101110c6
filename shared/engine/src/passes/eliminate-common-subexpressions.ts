import { attributesToText } from '../print/attributes-to-text.ts'
import type { ConstantData, Graph, Node, Value } from '../trace/graph.ts'
import { MAX_FOLDED_VALUES } from './fold-constants.ts'
import { rewrite } from './rewrite.ts'

/** Kernels that give the same with their two inputs exchanged. */
const commutative: ReadonlySet<string> = new Set([
  'Add',
  'Multiply',
  'Maximum',
  'Minimum',
  'Equal',
  'NotEqual',
  'LogicalAnd',
  'LogicalOr',
  'SquaredDifference',
])

/** Computes once what the program computes several times: the same kernel of the same inputs with equal attributes. */
export function eliminateCommonSubexpressions(graph: Graph): Graph {
  const { constants, equals } = mergeConstants(graph.constants)
  const known = new Map<string, Value>()
  const merged = rewrite(
    graph,
    (node) => {
      const key = keyOfNode(node)
      const same = known.get(key)
      if (same !== undefined) return same
      known.set(key, node.output)
      return [node]
    },
    equals,
  )
  return { ...merged, constants }
}

function keyOfNode({ kernel, inputs, attributes }: Node): string {
  const ids = inputs.map(({ id }) => id)
  if (commutative.has(kernel)) ids.sort((a, b) => a - b)
  return `${kernel}(${ids.join()})${attributesToText(attributes)}`
}

/** The first of all small constants of the same bits, and which others it stands for. */
function mergeConstants(all: Graph['constants']): {
  constants: Map<Value, ConstantData>
  equals: Map<Value, Value>
} {
  const constants = new Map<Value, ConstantData>()
  const equals = new Map<Value, Value>()
  const known = new Map<string, Value>()
  for (const [value, data] of all) {
    const key = data.length <= MAX_FOLDED_VALUES ? keyOfConstant(value, data) : `%${value.id}`
    const same = known.get(key)
    if (same === undefined) {
      known.set(key, value)
      constants.set(value, data)
    } else equals.set(value, same)
  }
  return { constants, equals }
}

const keyOfConstant = ({ shape, dtype }: Value, data: ConstantData): string =>
  `${dtype}|${shape.join()}|${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1')}`
