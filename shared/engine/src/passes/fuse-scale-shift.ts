import type { Graph, Node, Value } from '../trace/graph.ts'

/** Turns x * scale + shift, x [N, H, W, C] with scale and shift [N, 1, 1, C], into one ScaleShift where the product has no other use. */
export function fuseScaleShift(graph: Graph): Graph {
  const uses = countUses(graph)
  const products = new Map<Value, Node>()
  const nodes = graph.nodes.map((node): Node => {
    if (node.kernel === 'Multiply' && uses.get(node.output) === 1) products.set(node.output, node)
    if (node.kernel !== 'Add') return node
    return fused(node, products) ?? node
  })
  return { ...graph, nodes }
}

function fused(add: Node, products: ReadonlyMap<Value, Node>): Node | undefined {
  for (const [sum, shift] of [add.inputs, add.inputs.toReversed()] as [Value, Value][]) {
    const product = products.get(sum)
    if (product === undefined || !isPerPlane(shift, sum)) continue
    for (const [x, scale] of [product.inputs, product.inputs.toReversed()] as [Value, Value][]) {
      if (x.shape.join() === sum.shape.join() && isPerPlane(scale, sum)) {
        return {
          kernel: 'ScaleShift',
          inputs: [x, scale, shift],
          attributes: {},
          output: add.output,
        }
      }
    }
  }
  return undefined
}

function isPerPlane({ shape }: Value, x: Value): boolean {
  const [n, , , c] = x.shape
  const isImage = x.shape.length === 4 && x.shape[1]! * x.shape[2]! > 1
  return isImage && shape.join() === [n, 1, 1, c].join()
}

function countUses(graph: Graph): ReadonlyMap<Value, number> {
  const uses = new Map<Value, number>()
  const add = (value: Value): void => void uses.set(value, (uses.get(value) ?? 0) + 1)
  graph.nodes.forEach((node) => {
    node.inputs.forEach(add)
  })
  for (const value of graph.outputs.values()) add(value)
  return uses
}
