import type { Graph, Node, Value } from '../trace/graph.ts'

/** What becomes of a node: the nodes that take its place (none, if its output became a constant), or a value equal to its output. */
export type Replacement = readonly Node[] | Value

/**
 * Goes through the nodes in order. `replace` sees each with the inputs that earlier replacements left, and what produced
 * these. `equals` says beforehand which values others stand for.
 */
export function rewrite(
  graph: Graph,
  replace: (node: Node, producers: ReadonlyMap<Value, Node>) => Replacement,
  equals: ReadonlyMap<Value, Value> = new Map(),
): Graph {
  const standIns = new Map(equals)
  const standInFor = (value: Value): Value => standIns.get(value) ?? value
  const producers = new Map<Value, Node>()
  for (const node of graph.nodes) {
    const result = replace({ ...node, inputs: node.inputs.map(standInFor) }, producers)
    if ('id' in result) standIns.set(node.output, result)
    else for (const made of result) producers.set(made.output, made)
  }
  const outputs = new Map([...graph.outputs].map(([name, value]) => [name, standInFor(value)]))
  return { ...graph, nodes: [...producers.values()], outputs }
}
