/** Sums, means and extremes over axes, and softmax. */
import type { GraphWriter, Layout } from '../onnx/graph-writer.ts'
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

/** Reduces in the input's own layout; without kept axes, only if the remaining ones stay in logical order. */
function lowerReduction(opType: string, node: Node, writer: GraphWriter): void {
  const x = node.inputs[0]!
  const reduction = reductionOf(x, node.attributes)
  const native = writer.nativeLayout(x)
  const remaining = native.filter((axis) => !reduction.axes.includes(axis))
  const inOrder = remaining.every((axis, i) => i === 0 || remaining[i - 1]! < axis)
  const layout: Layout = reduction.keepDims || inOrder ? native : x.shape.map((_, i) => i)
  const physical = reduction.axes.map((axis) => layout.indexOf(axis)).sort((a, b) => a - b)
  const name = writer.emit(opType, [writer.load(x, layout), writer.ints(physical)], {
    keepdims: reduction.keepDims ? 1 : 0,
    noop_with_empty_axes: 1,
  })
  if (reduction.keepDims) writer.store(node.output, name, layout)
  else writer.store(node.output, name)
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

export const reductionKernels: readonly Kernel[] = [
  reduction('Sum', 'ReduceSum'),
  reduction('SumOfSquares', 'ReduceSumSquare'),
  reduction('Mean', 'ReduceMean'),
  reduction('Max', 'ReduceMax'),
  reduction('Min', 'ReduceMin'),
  softmax('Softmax', 'Softmax', 'logits'),
  softmax('LogSoftmax', 'LogSoftmax', 'logits'),
]
