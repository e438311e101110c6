/** Sums, means and extremes over axes, and softmax. */
import type { GraphWriter, Layout } from '../onnx/graph-writer.ts'
import { dataTypeCodes } from '../onnx/model-schema.ts'
import { tf } from '../tf.ts'
import type { Attributes, Node, Value } from '../trace/graph.ts'
import type { Kernel } from './kernel.ts'

interface Reduction {
  readonly axes: readonly number[]
  readonly keepDims: boolean
}

function reductionOf(value: Value, attributes: Attributes): Reduction {
  const shape = [...value.shape]
  const axis = (attributes['axis'] ?? attributes['reductionIndices']) as
    number | number[] | undefined
  return {
    axes: axis === undefined ? shape.map((_, i) => i) : tf.util.parseAxisParam(axis, shape),
    keepDims: attributes['keepDims'] === true,
  }
}

function reducedShape({ shape }: Value, { axes, keepDims }: Reduction): number[] {
  return keepDims
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis))
}

/** Reduces in the input's own layout; what remains is stored in the order it has there. */
function lowerReduction(
  opType: string,
  node: Node,
  writer: GraphWriter,
  prepare: (x: string) => string = (x) => x,
): void {
  const x = node.inputs[0]!
  const reduction = reductionOf(x, node.attributes)
  const layout = writer.nativeLayout(x)
  const physical = physicalAxes(x, reduction, layout)
  const name = writer.emit(opType, [prepare(writer.load(x, layout)), writer.ints(physical)], {
    keepdims: reduction.keepDims ? 1 : 0,
    noop_with_empty_axes: 1,
  })
  writer.store(node.output, name, reduction.keepDims ? layout : remainingLayout(layout, reduction))
}

/** With axes of length 1 where they are kept: ONNX Runtime is ten times as quick on one run of axes as on gaps. */
function physicalAxes({ shape }: Value, { axes, keepDims }: Reduction, layout: Layout): number[] {
  const isReduced = (axis: number): boolean =>
    axes.includes(axis) || (keepDims && axes.length > 0 && shape[axis] === 1)
  return layout.flatMap((axis, i) => (isReduced(axis) ? [i] : []))
}

/** The layout of what a reduction leaves when its axes are dropped. */
function remainingLayout(layout: Layout, { axes }: Reduction): Layout {
  const remaining = layout.filter((axis) => !axes.includes(axis))
  return remaining.map((axis) => remaining.filter((other) => other < axis).length)
}

const reduction = (name: string, opType: string): Kernel => ({
  name,
  inputs: ['x'],
  infer: ([x], attributes) => ({
    shape: reducedShape(x!, reductionOf(x!, attributes)),
    dtype: x!.dtype,
  }),
  lower: (node, writer) => {
    lowerReduction(opType, node, writer)
  },
})

const softmax = (name: string, opType: string, input: string): Kernel => ({
  name,
  inputs: [input],
  infer: ([x]) => x!,
  lower: (node, writer) => {
    writer.store(node.output, writer.emit(opType, [writer.load(node.inputs[0]!)], { axis: -1 }))
  },
})

/** Sum(Square(x)) as one kernel (pass `fuse-sum-of-squares`). ONNX Runtime's ReduceSumSquare takes twice as long. */
const sumOfSquares: Kernel = {
  ...reduction('SumOfSquares', 'ReduceSum'),
  lower: (node, writer) => {
    lowerReduction('ReduceSum', node, writer, (x) => writer.emit('Mul', [x, x]))
  },
}

/** Where the largest or smallest value stands along one axis; the first one on ties. */
const argument = (name: string): Kernel => ({
  name,
  inputs: ['x'],
  infer: ([x], attributes) => ({
    shape: reducedShape(x!, reductionOf(x!, attributes)),
    dtype: 'int32',
  }),
  lower: ({ inputs: [x], attributes, output }, writer) => {
    const { axes } = reductionOf(x!, attributes)
    const found = writer.emit(name, [writer.load(x!)], { axis: axes[0]!, keepdims: 0 })
    writer.store(output, writer.emit('Cast', [found], { to: dataTypeCodes.int32 }))
  },
})

export const reductionKernels: readonly Kernel[] = [
  reduction('Sum', 'ReduceSum'),
  sumOfSquares,
  reduction('Mean', 'ReduceMean'),
  reduction('Prod', 'ReduceProd'),
  reduction('Max', 'ReduceMax'),
  reduction('Min', 'ReduceMin'),
  argument('ArgMax'),
  argument('ArgMin'),
  softmax('Softmax', 'Softmax', 'logits'),
  softmax('LogSoftmax', 'LogSoftmax', 'logits'),
]
