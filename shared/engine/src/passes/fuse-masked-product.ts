import type { Graph, Node, Value } from '../trace/graph.ts'

/** Turns dy * Step(x), the gradient of Relu, into a selection: dy where x > 0, else 0. Saves one pass over the activation. */
export function fuseMaskedProduct(graph: Graph): Graph {
  const masks = new Map<Value, Value>()
  const nodes = graph.nodes.map((node): Node => {
    if (node.kernel === 'Step' && (node.attributes['alpha'] ?? 0) === 0)
      masks.set(node.output, node.inputs[0]!)
    if (node.kernel !== 'Multiply') return node
    const [a, b] = node.inputs as [Value, Value]
    if (a.shape.join() !== b.shape.join()) return node
    const [dy, x] = masks.has(b) ? [a, masks.get(b)!] : [b, masks.get(a)]
    return x === undefined
      ? node
      : { ...node, kernel: 'PositiveMask', inputs: [dy, x], attributes: {} }
  })
  return { ...graph, nodes }
}
