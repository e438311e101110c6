import type { Graph } from '../trace/graph.ts'
import { eliminateCommonSubexpressions } from './eliminate-common-subexpressions.ts'
import { foldConstants } from './fold-constants.ts'
import { fuseMaskedProduct } from './fuse-masked-product.ts'
import { fuseScaleShift } from './fuse-scale-shift.ts'
import { fuseSumOfSquares } from './fuse-sum-of-squares.ts'
import { fuseTranspose } from './fuse-transpose.ts'
import { removeDeadNodes } from './remove-dead-nodes.ts'
import { removeIdentities } from './remove-identities.ts'
import { removeNoOps } from './remove-no-ops.ts'
import { sinkBroadcasts } from './sink-broadcasts.ts'

const passes = [
  removeIdentities,
  removeDeadNodes,
  foldConstants,
  removeNoOps,
  fuseSumOfSquares,
  fuseMaskedProduct,
  sinkBroadcasts,
  fuseTranspose,
  eliminateCommonSubexpressions,
  removeDeadNodes,
  fuseScaleShift,
  removeDeadNodes,
]

/** The graph with the same outputs and fewer passes over memory. */
export const optimise = (graph: Graph): Graph => passes.reduce((g, pass) => pass(g), graph)
