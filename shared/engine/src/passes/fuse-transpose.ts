import type { Graph, Node, Value } from '../trace/graph.ts'
import { rewrite } from './rewrite.ts'

/** Lets a matrix product read a matrix as it was before its last two axes were exchanged. */
export const fuseTranspose = (graph: Graph): Graph =>
  rewrite(graph, (node, producers) =>
    node.kernel === 'BatchMatMul'
      ? [unexchanged(unexchanged(node, 0, producers), 1, producers)]
      : [node],
  )

const flags = ['transposeA', 'transposeB'] as const

function unexchanged(product: Node, side: 0 | 1, producers: ReadonlyMap<Value, Node>): Node {
  const before = producers.get(product.inputs[side]!)
  if (before === undefined || !exchangesLastTwo(before)) return product
  const flag = flags[side]
  return {
    ...product,
    inputs: product.inputs.with(side, before.inputs[0]!),
    attributes: { ...product.attributes, [flag]: product.attributes[flag] !== true },
  }
}

function exchangesLastTwo({ kernel, attributes, output }: Node): boolean {
  const axes = output.shape.map((_, axis) => axis)
  const perm = [...axes.slice(0, -2), ...axes.slice(-2).toReversed()]
  return kernel === 'Transpose' && (attributes['perm'] as number[]).join() === perm.join()
}
