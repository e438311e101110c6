/** Kernels that work value by value, with NumPy broadcasting. They run in whatever layout their largest input has. */
import { identity, physicalShape, type GraphWriter, type Layout } from '../onnx/graph-writer.ts'
import { tf } from '../tf.ts'
import type { DataType, Node, Value } from '../trace/graph.ts'
import type { Kernel } from './kernel.ts'

/** The layout of the first input that already has the output's shape, and every input brought to it. */
function alignInputs(
  writer: GraphWriter,
  inputs: readonly Value[],
  shape: readonly number[],
): { names: string[]; layout: Layout } {
  const leader = inputs.find((value) => value.shape.join() === shape.join())
  const layout = leader === undefined ? identity(shape.length) : writer.nativeLayout(leader)
  return { names: inputs.map((value) => loadBroadcast(writer, value, layout)), layout }
}

function loadBroadcast(writer: GraphWriter, value: Value, layout: Layout): string {
  const rank = layout.length
  if (value.shape.length === rank) return writer.load(value, layout)
  const logical = [...Array.from({ length: rank - value.shape.length }, () => 1), ...value.shape]
  const isNatural = layout.every((axis, i) => axis === i)
  if (isNatural || value.shape.length === 0) return writer.load(value)
  const name = writer.reshape(writer.load(value), logical)
  const lifted: Value = { id: -1, shape: logical, dtype: value.dtype }
  writer.store(lifted, name)
  return writer.load(lifted, layout)
}

function lowerAligned(
  node: Node,
  writer: GraphWriter,
  emit: (names: string[], layout: Layout) => string,
): void {
  const { names, layout } = alignInputs(writer, node.inputs, node.output.shape)
  writer.store(node.output, emit(names, layout), layout)
}

const broadcastShape = (inputs: readonly Value[]): number[] =>
  inputs
    .map(({ shape }) => [...shape])
    .reduce((a, b) => tf.backend_util.assertAndGetBroadcastShape(a, b))

function binary(name: string, opType: string, dtype?: DataType): Kernel {
  return {
    name,
    inputs: ['a', 'b'],
    infer: (inputs) => ({ shape: broadcastShape(inputs), dtype: dtype ?? inputs[0]!.dtype }),
    lower: (node, writer) => {
      lowerAligned(node, writer, (names) => writer.emit(opType, names))
    },
  }
}

function unary(
  name: string,
  emit: (x: string, writer: GraphWriter, node: Node) => string,
  dtype?: DataType,
): Kernel {
  return {
    name,
    inputs: ['x'],
    infer: ([x]) => ({ shape: x!.shape, dtype: dtype ?? x!.dtype }),
    lower: (node, writer) => {
      lowerAligned(node, writer, ([x]) => emit(x!, writer, node))
    },
  }
}

const op = (opType: string) => (x: string, writer: GraphWriter) => writer.emit(opType, [x])

const squaredDifference: Kernel = {
  ...binary('SquaredDifference', 'Sub'),
  lower: (node, writer) => {
    lowerAligned(node, writer, (names) => {
      const difference = writer.emit('Sub', names)
      return writer.emit('Mul', [difference, difference])
    })
  },
}

/** 1 where x > 0; alpha elsewhere. The gradient of Relu. */
const step = unary('Step', (x, writer, { attributes }) => {
  const alpha = writer.float((attributes['alpha'] as number | undefined) ?? 0)
  return writer.emit('Where', [
    writer.emit('Greater', [x, writer.float(0)]),
    writer.float(1),
    alpha,
  ])
})

/** dy where x > 0, else 0 (pass `fuse-masked-product`). */
const positiveMask: Kernel = {
  name: 'PositiveMask',
  inputs: ['dy', 'x'],
  infer: ([dy]) => dy!,
  lower: (node, writer) => {
    lowerAligned(node, writer, ([dy, x]) =>
      writer.emit('Where', [writer.emit('Greater', [x!, writer.float(0)]), dy!, writer.float(0)]),
    )
  },
}

const cast: Kernel = {
  name: 'Cast',
  inputs: ['x'],
  infer: ([x], { dtype }) => ({ shape: x!.shape, dtype: dtype as DataType }),
  lower: (node, writer) => {
    const to = { float32: 1, int32: 6, bool: 9 }[node.output.dtype]
    lowerAligned(node, writer, ([x]) => writer.emit('Cast', [x!], { to }))
  },
}

const select: Kernel = {
  name: 'Select',
  inputs: ['condition', 't', 'e'],
  infer: (inputs) => ({ shape: broadcastShape(inputs), dtype: inputs[1]!.dtype }),
  lower: (node, writer) => {
    lowerAligned(node, writer, (names) => writer.emit('Where', names))
  },
}

const addN: Kernel = {
  name: 'AddN',
  infer: ([x]) => x!,
  lower: (node, writer) => {
    lowerAligned(node, writer, (names) => writer.emit('Sum', names))
  },
}

const like = (name: string, value: number): Kernel => ({
  name,
  inputs: ['x'],
  infer: ([x]) => x!,
  lower: (node, writer) => {
    const layout = writer.nativeLayout(node.inputs[0]!)
    const { shape, dtype } = node.output
    writer.store(node.output, writer.filled(physicalShape(shape, layout), value, dtype), layout)
  },
})

export const elementwiseKernels: readonly Kernel[] = [
  binary('Add', 'Add'),
  binary('Sub', 'Sub'),
  binary('Multiply', 'Mul'),
  binary('RealDiv', 'Div'),
  binary('Maximum', 'Max'),
  binary('Minimum', 'Min'),
  binary('Pow', 'Pow'),
  binary('Greater', 'Greater', 'bool'),
  binary('GreaterEqual', 'GreaterOrEqual', 'bool'),
  binary('Less', 'Less', 'bool'),
  binary('LessEqual', 'LessOrEqual', 'bool'),
  binary('Equal', 'Equal', 'bool'),
  binary('LogicalAnd', 'And', 'bool'),
  unary('Identity', (x) => x),
  unary('Square', (x, writer) => writer.emit('Mul', [x, x])),
  unary('Sqrt', op('Sqrt')),
  unary('Rsqrt', (x, writer) => writer.emit('Reciprocal', [writer.emit('Sqrt', [x])])),
  unary('Reciprocal', op('Reciprocal')),
  unary('Exp', op('Exp')),
  unary('Log', op('Log')),
  unary('Neg', op('Neg')),
  unary('Abs', op('Abs')),
  unary('Relu', op('Relu')),
  unary('Sigmoid', op('Sigmoid')),
  unary('Tanh', op('Tanh')),
  unary('LogicalNot', op('Not'), 'bool'),
  squaredDifference,
  step,
  positiveMask,
  cast,
  select,
  addN,
  like('ZerosLike', 0),
  like('OnesLike', 1),
]
