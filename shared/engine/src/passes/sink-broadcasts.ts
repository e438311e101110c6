import { tf } from '../tf.ts'
import type { Graph, Node, Value } from '../trace/graph.ts'
import { isElementwise } from './is-elementwise.ts'
import { rewrite } from './rewrite.ts'

/**
 * Lets element-wise nodes read what was broadcast before it was: they broadcast by themselves, and what is the same
 * along an axis is computed once and broadcast afterwards. Results stay bit for bit the same.
 */
export function sinkBroadcasts(graph: Graph): Graph {
  let nextId = 1 + valuesOf(graph).reduce((max, { id }) => Math.max(max, id), 0)
  return rewrite(graph, (node, producers) => {
    const inputs = node.inputs.map((value) => beforeBroadcast(value, producers))
    const isUnchanged = inputs.every((value, i) => value === node.inputs[i])
    if (!isElementwise(node) || isUnchanged) return [node]
    const shape = broadcastShape(inputs)
    const { output } = node
    if (shape.join() === output.shape.join()) return [{ ...node, inputs }]
    const small = { id: nextId, shape, dtype: output.dtype }
    nextId += 1
    const attributes = { shape: output.shape }
    return [
      { ...node, inputs, output: small },
      { kernel: 'BroadcastTo', inputs: [small], attributes, output },
    ]
  })
}

const valuesOf = ({ inputs, constants, nodes }: Graph): Value[] => [
  ...inputs.values(),
  ...constants.keys(),
  ...nodes.map(({ output }) => output),
]

function beforeBroadcast(value: Value, producers: ReadonlyMap<Value, Node>): Value {
  const node = producers.get(value)
  return node !== undefined && isBroadcast(node) ? node.inputs[0]! : value
}

/** tf.broadcastTo itself is recorded as a Tile of axes of length 1. */
function isBroadcast({ kernel, inputs: [x], output }: Node): boolean {
  if (kernel === 'BroadcastTo') return true
  return kernel === 'Tile' && x!.shape.every((size, i) => size === 1 || size === output.shape[i])
}

const broadcastShape = (values: readonly Value[]): number[] =>
  values
    .map(({ shape }) => [...shape])
    .reduce((a, b) => tf.backend_util.assertAndGetBroadcastShape(a, b))
