import type { Graph, Node } from '../trace/graph.ts'
import { rewrite } from './rewrite.ts'

/** Takes out copies and casts to the type a value has already, which tfjs's gradients are full of. */
export const removeIdentities = (graph: Graph): Graph =>
  rewrite(graph, (node) => (isIdentity(node) ? node.inputs[0]! : [node]))

const isIdentity = ({ kernel, inputs, output }: Node): boolean =>
  kernel === 'Identity' || (kernel === 'Cast' && inputs[0]!.dtype === output.dtype)
