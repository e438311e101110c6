/** Kernels that move or make values without computing: reshape, transpose, pad, slice, concat, fill. */
import { physicalShape } from '../onnx/graph-writer.ts'
import { tf, type TensorFlow } from '../tf.ts'
import type { Attributes, DataType, Value } from '../trace/graph.ts'
import type { Kernel } from './kernel.ts'

const numbers = (attributes: Attributes, name: string): number[] => attributes[name] as number[]

const reshape: Kernel = {
  name: 'Reshape',
  inputs: ['x'],
  infer: ([x], attributes) => ({
    shape: tf.util.inferFromImplicitShape(
      numbers(attributes, 'shape'),
      tf.util.sizeFromShape([...x!.shape]),
    ),
    dtype: x!.dtype,
  }),
  lower: ({ inputs: [x], output }, writer) => {
    writer.store(output, writer.reshape(writer.load(x!), output.shape))
  },
}

const expandDims: Kernel = {
  ...reshape,
  name: 'ExpandDims',
  inputs: ['input'],
  infer: ([x], attributes) => {
    const dim = attributes['dim'] as number
    const shape = [...x!.shape]
    shape.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1)
    return { shape, dtype: x!.dtype }
  },
}

const transpose: Kernel = {
  name: 'Transpose',
  inputs: ['x'],
  infer: ([x], attributes) => ({
    shape: numbers(attributes, 'perm').map((axis) => x!.shape[axis]!),
    dtype: x!.dtype,
  }),
  lower: ({ inputs: [x], attributes, output }, writer) => {
    const perm = numbers(attributes, 'perm')
    // The bytes stay where they are: physical axis i holds x's axis layout[i], which is the output's axis perm.indexOf(...).
    const layout = writer.nativeLayout(x!)
    writer.store(
      output,
      writer.load(x!, layout),
      layout.map((axis) => perm.indexOf(axis)),
    )
  },
}

const tile: Kernel = {
  name: 'Tile',
  inputs: ['x'],
  infer: ([x], attributes) => ({
    shape: numbers(attributes, 'reps').map((reps, i) => reps * x!.shape[i]!),
    dtype: x!.dtype,
  }),
  lower: ({ inputs: [x], attributes, output }, writer) => {
    const layout = writer.nativeLayout(x!)
    const reps = physicalShape(numbers(attributes, 'reps'), layout)
    writer.store(output, writer.emit('Tile', [writer.load(x!, layout), writer.ints(reps)]), layout)
  },
}

const broadcastTo: Kernel = {
  name: 'BroadcastTo',
  inputs: ['x'],
  infer: ([x], attributes) => ({ shape: numbers(attributes, 'shape'), dtype: x!.dtype }),
  lower: ({ inputs: [x], output }, writer) => {
    writer.store(output, writer.emit('Expand', [writer.load(x!), writer.ints(output.shape)]))
  },
}

const concat: Kernel = {
  name: 'Concat',
  infer: (inputs, attributes) => {
    const axis = tf.util.parseAxisParam(attributes['axis'] as number, [...inputs[0]!.shape])[0]!
    return {
      shape: tf.backend_util.computeOutShape(
        inputs.map(({ shape }) => [...shape]),
        axis,
      ),
      dtype: inputs[0]!.dtype,
    }
  },
  lower: ({ inputs, attributes, output }, writer) => {
    const axis = tf.util.parseAxisParam(attributes['axis'] as number, [...output.shape])[0]!
    const layout = writer.nativeLayout(inputs[0]!)
    const names = inputs.map((value) => writer.load(value, layout))
    writer.store(output, writer.emit('Concat', names, { axis: layout.indexOf(axis) }), layout)
  },
}

/** Tensors of one shape side by side along a new axis. */
const pack: Kernel = {
  name: 'Pack',
  infer: (inputs, attributes) => ({
    shape: inputs[0]!.shape.toSpliced(newAxis(inputs[0]!, attributes), 0, inputs.length),
    dtype: inputs[0]!.dtype,
  }),
  lower: ({ inputs, attributes, output }, writer) => {
    const axis = newAxis(inputs[0]!, attributes)
    const shape = output.shape.with(axis, 1)
    const names = inputs.map((value) => writer.reshape(writer.load(value), shape))
    writer.store(output, writer.emit('Concat', names, { axis }))
  },
}

function newAxis({ shape }: Value, attributes: Attributes): number {
  const axis = attributes['axis'] as number
  return axis < 0 ? axis + shape.length + 1 : axis
}

/** Where a slice begins and how long it is, with what a program may leave out filled in. */
const rangeOf = (x: Value, { begin, size }: Attributes): [begin: number[], size: number[]] =>
  tf.slice_util.parseSliceParams(
    { shape: [...x.shape] } as TensorFlow.TensorInfo,
    begin as number[],
    size as number[] | undefined,
  ) as [number[], number[]]

const slice: Kernel = {
  name: 'Slice',
  inputs: ['x'],
  infer: ([x], attributes) => ({ shape: rangeOf(x!, attributes)[1], dtype: x!.dtype }),
  lower: ({ inputs: [x], attributes, output }, writer) => {
    const layout = writer.nativeLayout(x!)
    const [begin] = rangeOf(x!, attributes)
    const starts = physicalShape(begin, layout)
    const ends = layout.map((axis) => begin[axis]! + output.shape[axis]!)
    const name = writer.emit('Slice', [
      writer.load(x!, layout),
      writer.ints(starts),
      writer.ints(ends),
    ])
    writer.store(output, name, layout)
  },
}

const pad: Kernel = {
  name: 'PadV2',
  inputs: ['x'],
  infer: ([x], attributes) => ({
    shape: (attributes['paddings'] as [number, number][]).map(([a, b], i) => a + x!.shape[i]! + b),
    dtype: x!.dtype,
  }),
  lower: ({ inputs: [x], attributes, output }, writer) => {
    const layout = writer.nativeLayout(x!)
    const paddings = attributes['paddings'] as [number, number][]
    const pads = [0, 1].flatMap((end) => layout.map((axis) => paddings[axis]![end]!))
    const value = writer.float(attributes['constantValue'] as number)
    writer.store(
      output,
      writer.emit('Pad', [writer.load(x!, layout), writer.ints(pads), value]),
      layout,
    )
  },
}

const fill: Kernel = {
  name: 'Fill',
  inputs: [],
  infer: (_, attributes) => ({
    shape: numbers(attributes, 'shape'),
    dtype: (attributes['dtype'] as DataType | undefined) ?? 'float32',
  }),
  lower: ({ attributes, output }, writer) => {
    writer.store(output, writer.filled(output.shape, attributes['value'] as number, output.dtype))
  },
}

/** start, start + step, ... up to but without stop. */
const range: Kernel = {
  name: 'Range',
  inputs: [],
  infer: (_, attributes) => {
    const [start, stop, step] = ['start', 'stop', 'step'].map((name) => attributes[name] as number)
    return {
      shape: [Math.max(0, Math.ceil((stop! - start!) / step!))],
      dtype: attributes['dtype'] as DataType,
    }
  },
  lower: ({ attributes, output }, writer) => {
    const { dtype, shape } = output
    const data = tf.util.getTypedArrayFromDType(dtype, shape[0]!)
    const values = data.map((_, i) => {
      return (attributes['start'] as number) + i * (attributes['step'] as number)
    })
    writer.store(output, writer.constant(values, shape, dtype))
  },
}

export const arrangementKernels: readonly Kernel[] = [
  reshape,
  expandDims,
  transpose,
  tile,
  broadcastTo,
  concat,
  pack,
  slice,
  pad,
  fill,
  range,
]
