import type { Graph, Node, Value } from '../trace/graph.ts'

/** Takes out copies and casts to the type a value has already, which tfjs's gradients are full of. */
export function removeIdentities(graph: Graph): Graph {
  const originals = new Map<Value, Value>()
  const originalOf = (value: Value): Value => originals.get(value) ?? value
  const nodes: Node[] = []
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(originalOf)
    if (isIdentity(node)) originals.set(node.output, inputs[0]!)
    else nodes.push({ ...node, inputs })
  }
  const outputs = new Map([...graph.outputs].map(([name, value]) => [name, originalOf(value)]))
  return { ...graph, nodes, outputs }
}

const isIdentity = ({ kernel, inputs, output }: Node): boolean =>
  kernel === 'Identity' || (kernel === 'Cast' && inputs[0]!.dtype === output.dtype)
