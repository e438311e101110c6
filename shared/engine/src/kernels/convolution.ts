/** Convolution and its two gradients. Several lowerings compute the same; the writer says which is quickest here. */
import { CNHW, identity, NCHW, type GraphWriter, type Layout } from '../onnx/graph-writer.ts'
import type { Node, Value } from '../trace/graph.ts'
import {
  fitsBlocks,
  forwardByBlocks,
  hasForwardGradient,
  inputGradientByBlocks,
} from './convolution/by-blocks.ts'
import { forwardByOperator, inputGradientByOperator } from './convolution/by-operator.ts'
import { filterGradientByTaps, forwardByTaps, inputGradientByTaps } from './convolution/by-taps.ts'
import { geometryOf, isPointwise, type Convolution } from './convolution/geometry.ts'
import type { Kernel } from './kernel.ts'
import { withSupportedWindow } from './supported-window.ts'

interface Lowering {
  readonly layout: Layout
  readonly emit: (writer: GraphWriter, convolution: Convolution) => string
}

type Lowerings = Readonly<Record<string, Lowering>>

/** The quickest on most shapes comes first. */
function forwardLowerings({ geometry }: Convolution, block: number): Lowerings {
  const byTaps = { layout: CNHW, emit: forwardByTaps }
  if (isPointwise(geometry)) return { taps: byTaps }
  const byBlocks: Lowering = {
    layout: NCHW,
    emit: (writer, convolution) => forwardByBlocks(writer, convolution, block),
  }
  return {
    ...(fitsBlocks(geometry, block) && { blocks: byBlocks }),
    operator: { layout: NCHW, emit: forwardByOperator },
    taps: byTaps,
  }
}

function inputGradientLowerings({ geometry }: Convolution, block: number): Lowerings {
  const byTaps = { layout: CNHW, emit: inputGradientByTaps }
  if (isPointwise(geometry)) return { taps: byTaps }
  const byOperator = { layout: NCHW, emit: inputGradientByOperator }
  const byBlocks: Lowering = {
    layout: NCHW,
    emit: (writer, convolution) => inputGradientByBlocks(writer, convolution, block),
  }
  return {
    ...(fitsBlocks(geometry, block) && hasForwardGradient(geometry) && { blocks: byBlocks }),
    ...(geometry.strideHeight === 1 && { operator: byOperator }),
    taps: byTaps,
    operator: byOperator,
  }
}

function lowerBy(
  lowerings: Lowerings,
  { node, convolution, writer }: { node: Node; convolution: Convolution; writer: GraphWriter },
): void {
  const { layout, emit } = lowerings[writer.chooseLowering(node, Object.keys(lowerings))]!
  const name = emit(writer, convolution)
  // What follows works in CNHW: transposed here once, not by each of its consumers.
  if (layout !== CNHW) writer.store(node.output, writer.transpose(name, layout, CNHW), CNHW)
  writer.store(node.output, name, layout)
}

const conv2d: Kernel = {
  name: 'Conv2D',
  inputs: ['x', 'filter'],
  infer: ([x, filter], attributes) => ({
    shape: geometryOf(x!.shape, filter!.shape, attributes).outShape,
    dtype: 'float32',
  }),
  lower: (node, writer) => {
    const [x, filter] = node.inputs as [Value, Value]
    const geometry = geometryOf(x.shape, filter.shape, node.attributes)
    const convolution = { x, filter, geometry }
    lowerBy(forwardLowerings(convolution, writer.blockSize), { node, convolution, writer })
  },
}

const backpropInput: Kernel = {
  name: 'Conv2DBackpropInput',
  inputs: ['dy', 'filter'],
  infer: (_, attributes) => ({ shape: attributes['inputShape'] as number[], dtype: 'float32' }),
  lower: (node, writer) => {
    const [dy, filter] = node.inputs as [Value, Value]
    const geometry = geometryOf(node.output.shape, filter.shape, node.attributes)
    const convolution = { dy, filter, geometry }
    lowerBy(inputGradientLowerings(convolution, writer.blockSize), { node, convolution, writer })
  },
}

const backpropFilter: Kernel = {
  name: 'Conv2DBackpropFilter',
  inputs: ['x', 'dy'],
  infer: (_, attributes) => ({ shape: attributes['filterShape'] as number[], dtype: 'float32' }),
  lower: (node, writer) => {
    const [x, dy] = node.inputs as [Value, Value]
    const geometry = geometryOf(x.shape, node.output.shape, node.attributes)
    writer.store(node.output, filterGradientByTaps(writer, { x, dy, geometry }), identity(4))
  },
}

export const convolutionKernels: readonly Kernel[] = [conv2d, backpropInput, backpropFilter].map(
  withSupportedWindow,
)
