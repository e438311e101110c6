import type { Graph, Node, Value } from '../trace/graph.ts'

/** Turns Sum(Square(x)) into one SumOfSquares, so that x squared is never stored. */
export function fuseSumOfSquares(graph: Graph): Graph {
  const squares = new Map<Value, Value>()
  const nodes = graph.nodes.map((node): Node => {
    const [x] = node.inputs
    if (node.kernel === 'Square') squares.set(node.output, x!)
    const squared = node.kernel === 'Sum' ? squares.get(x!) : undefined
    return squared === undefined ? node : { ...node, kernel: 'SumOfSquares', inputs: [squared] }
  })
  return { ...graph, nodes }
}
