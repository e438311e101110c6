/** Kernels that work value by value, with NumPy broadcasting. They run in whatever layout their largest input has. */
import { identity, physicalShape, type GraphWriter, type Layout } from '../onnx/graph-writer.ts'
import { dataTypeCodes } from '../onnx/model-schema.ts'
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

/** Times this every positive x is at least 1, down to the smallest normal float32, 1.18e-38. */
const STEEP = 1e38

/**
 * dy where x > 0, else 0 (pass `fuse-masked-product`): a product with min(1, max(0, STEEP x)), which ONNX computes in one
 * pass. A comparison, a cast and a product take a fifth more, Where half as much again.
 */
const positiveMask: Kernel = {
  name: 'PositiveMask',
  inputs: ['dy', 'x'],
  infer: ([dy]) => dy!,
  lower: (node, writer) => {
    lowerAligned(node, writer, ([dy, x]) => {
      const slope = { alpha: { float: STEEP }, beta: { float: 0 } }
      return writer.emit('Mul', [dy!, writer.emit('HardSigmoid', [x!], slope)])
    })
  },
}

const notEqual: Kernel = {
  ...binary('NotEqual', 'Equal', 'bool'),
  lower: (node, writer) => {
    lowerAligned(node, writer, (names) => writer.emit('Not', [writer.emit('Equal', names)]))
  },
}

/** Rounded down, also for integers, which ONNX's Div rounds towards zero. */
const floorDiv: Kernel = {
  ...binary('FloorDiv', 'Div'),
  lower: (node, writer) => {
    lowerAligned(node, writer, (names) => {
      if (node.output.dtype === 'float32') return writer.emit('Floor', [writer.emit('Div', names)])
      const [a, b] = names.map((name) => writer.emit('Cast', [name], { to: dataTypeCodes.float32 }))
      const quotient = writer.emit('Floor', [writer.emit('Div', [a!, b!])])
      return writer.emit('Cast', [quotient], { to: dataTypeCodes.int32 })
    })
  },
}

/**
 * log(u) + (x - (u - 1)) / u with u = 1 + x rounded: the second term is the derivative times what rounding took from x.
 * Left out for large x, where it is too small to matter, and where u is 0 or infinite.
 */
const log1p = unary('Log1p', (x, writer) => {
  const one = writer.float(1)
  const u = writer.emit('Add', [x, one])
  const lost = writer.emit('Sub', [x, writer.emit('Sub', [u, one])])
  const log = writer.emit('Log', [u])
  return writer.emit('Where', [
    writer.emit('Less', [writer.emit('Abs', [x]), writer.float(0.5)]),
    writer.emit('Add', [log, writer.emit('Div', [lost, u])]),
    log,
  ])
})

const clipByValue = unary('ClipByValue', (x, writer, { attributes }) =>
  clip(writer, x, attributes['clipValueMin'] as number, attributes['clipValueMax'] as number),
)

const clip = (writer: GraphWriter, x: string, min: number, max: number): string =>
  writer.emit('Clip', [x, writer.float(min), writer.float(max)])

const leakyRelu = unary('LeakyRelu', (x, writer, { attributes }) =>
  writer.emit('LeakyRelu', [x], { alpha: { float: attributes['alpha'] as number } }),
)

/** x where x >= 0, alpha x elsewhere; unlike ONNX's PRelu, alpha broadcasts both ways. */
const prelu: Kernel = {
  name: 'Prelu',
  inputs: ['x', 'alpha'],
  infer: (inputs) => ({ shape: broadcastShape(inputs), dtype: 'float32' }),
  lower: (node, writer) => {
    lowerAligned(node, writer, ([x, alpha]) =>
      writer.emit('Where', [
        writer.emit('Less', [x!, writer.float(0)]),
        writer.emit('Mul', [x!, alpha!]),
        x!,
      ]),
    )
  },
}

/** dy where y >= 0, dy (y + 1) elsewhere, y being Elu's output. */
const eluGrad: Kernel = {
  name: 'EluGrad',
  inputs: ['dy', 'y'],
  infer: ([dy]) => dy!,
  lower: (node, writer) => {
    lowerAligned(node, writer, ([dy, y]) => {
      const slope = writer.emit('Add', [writer.emit('Min', [y!, writer.float(0)]), writer.float(1)])
      return writer.emit('Mul', [dy!, slope])
    })
  },
}

const cast: Kernel = {
  name: 'Cast',
  inputs: ['x'],
  infer: ([x], { dtype }) => ({ shape: x!.shape, dtype: dtype as DataType }),
  lower: (node, writer) => {
    const to = dataTypeCodes[node.output.dtype]
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
  binary('LogicalOr', 'Or', 'bool'),
  notEqual,
  floorDiv,
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
  unary('Floor', op('Floor')),
  unary('Ceil', op('Ceil')),
  unary('Round', op('Round')),
  unary('Sign', op('Sign')),
  unary('Sin', op('Sin')),
  unary('Cos', op('Cos')),
  unary('Erf', op('Erf')),
  log1p,
  unary('Softplus', op('Softplus')),
  unary('Elu', op('Elu')),
  unary('Relu6', (x, writer) => clip(writer, x, 0, 6)),
  unary('LogicalNot', op('Not'), 'bool'),
  clipByValue,
  leakyRelu,
  prelu,
  eluGrad,
  squaredDifference,
  step,
  positiveMask,
  cast,
  select,
  addN,
  like('ZerosLike', 0),
  like('OnesLike', 1),
]
