import type { Graph } from '../trace/graph.ts'
import { fuseMaskedProduct } from './fuse-masked-product.ts'
import { fuseScaleShift } from './fuse-scale-shift.ts'
import { fuseSumOfSquares } from './fuse-sum-of-squares.ts'
import { removeDeadNodes } from './remove-dead-nodes.ts'
import { removeIdentities } from './remove-identities.ts'

const passes = [
  removeIdentities,
  removeDeadNodes,
  fuseSumOfSquares,
  fuseMaskedProduct,
  removeDeadNodes,
  fuseScaleShift,
  removeDeadNodes,
]

/** The graph with the same outputs and fewer passes over memory. */
export const optimise = (graph: Graph): Graph => passes.reduce((g, pass) => pass(g), graph)
