import type { Graph, Value } from '../trace/graph.ts'

/** Keeps the nodes and constants that the outputs depend on. */
export function removeDeadNodes(graph: Graph): Graph {
  const live = new Set<Value>(graph.outputs.values())
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      if (!live.has(node.output)) return false
      node.inputs.forEach((value) => live.add(value))
      return true
    })
    .toReversed()
  const constants = new Map([...graph.constants].filter(([value]) => live.has(value)))
  return { ...graph, nodes, constants }
}
