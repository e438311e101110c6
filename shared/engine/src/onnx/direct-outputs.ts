import type { OnnxNode } from './graph-writer.ts'
import type { LoweredGraph } from './lower-graph.ts'

/**
 * Lets every output be written by the node that computes it: reshapes at the end are left out, as who reads the output
 * knows its shape and the values stand in the same order. An output that is another one, an input or a constant is copied.
 */
export function directOutputs(graph: LoweredGraph): LoweredGraph {
  const viewed = new Map(
    graph.nodes
      .filter(({ opType }) => opType === 'Reshape')
      .map(({ input, output }) => [output[0]!, input[0]!]),
  )
  const constants = graph.initializers.map(({ name }) => name as string)
  const taken = new Set([...graph.inputs.keys(), ...constants])
  const copies: OnnxNode[] = []
  const outputs = [...graph.outputs].map(([name, computed]): [string, string] => {
    let source = computed
    while (viewed.has(source)) source = viewed.get(source)!
    if (!taken.has(source)) {
      taken.add(source)
      return [name, source]
    }
    const copy = `copy:${name}`
    copies.push({ opType: 'Identity', input: [source], output: [copy], attribute: [] })
    return [name, copy]
  })
  return { ...graph, nodes: [...graph.nodes, ...copies], outputs: new Map(outputs) }
}
