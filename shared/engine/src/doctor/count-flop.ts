import { sizeOf } from '@consilium/weights'
import type { Graph, Node } from '../trace/graph.ts'

/** Floating-point operations of the products in a graph (convolutions, their gradients, matrices): two per multiply-accumulate. */
export const countFlop = ({ nodes }: Graph): number =>
  nodes.reduce((sum, node) => sum + 2 * multiplyAccumulates(node), 0)

function multiplyAccumulates({ kernel, inputs, attributes, output }: Node): number {
  const [a, b] = inputs.map(({ shape }) => shape) as [readonly number[], readonly number[]]
  switch (kernel) {
    case 'Conv2D': // x, filter
    case 'Conv2DBackpropInput': // dy, filter
      return sizeOf(kernel === 'Conv2D' ? output.shape : a) * taps(b)
    case 'Conv2DBackpropFilter': // x, dy
      return sizeOf(b) * taps(output.shape)
    case 'BatchMatMul':
      return sizeOf(output.shape) * a.at(attributes['transposeA'] === true ? -2 : -1)!
    default:
      return 0
  }
}

/** Products per output value of a filter [kh, kw, in, out]. */
const taps = (filter: readonly number[]): number => sizeOf(filter.slice(0, 3))
