/** Slices with steps, also backwards ones. */
import { tf } from '../tf.ts'
import type { Attributes, Value } from '../trace/graph.ts'
import type { Kernel } from './kernel.ts'

/** An end before every index: a backwards slice with it reaches the first value. */
const BEFORE_FIRST = -(2 ** 31) + 1

/** x[begin:end:stride] along each axis, with what TensorFlow's masks add: ellipses, new axes, dropped ones. */
const stridedSlice: Kernel = {
  name: 'StridedSlice',
  inputs: ['x'],
  infer: ([x], attributes) => ({ shape: stridesOf(x!, attributes).finalShape, dtype: x!.dtype }),
  lower: ({ inputs: [x], attributes, output }, writer) => {
    const { begin, end, strides } = stridesOf(x!, attributes)
    const name = writer.emit('Slice', [
      writer.load(x!),
      writer.ints(begin),
      writer.ints(end.map((stop, i) => (strides[i]! < 0 && stop < 0 ? BEFORE_FIRST : stop))),
      writer.ints(begin.map((_, axis) => axis)),
      writer.ints(strides),
    ])
    writer.store(output, writer.reshape(name, output.shape))
  },
}

function stridesOf({ shape }: Value, attributes: Attributes) {
  const mask = (name: string): number => attributes[`${name}Mask`] as number
  return tf.slice_util.sliceInfo(
    [...shape],
    attributes['begin'] as number[],
    attributes['end'] as number[],
    attributes['strides'] as number[],
    mask('begin'),
    mask('end'),
    mask('ellipsis'),
    mask('newAxis'),
    mask('shrinkAxis'),
  )
}

const reverse: Kernel = {
  name: 'Reverse',
  inputs: ['x'],
  infer: ([x]) => x!,
  lower: ({ inputs: [x], attributes, output }, writer) => {
    const layout = writer.nativeLayout(x!)
    const axes = tf.util
      .parseAxisParam(attributes['dims'] as number[], [...x!.shape])
      .map((axis) => layout.indexOf(axis))
    const all = (value: number): string => writer.ints(axes.map(() => value))
    const name = writer.emit('Slice', [
      writer.load(x!, layout),
      all(-1),
      all(BEFORE_FIRST),
      writer.ints(axes),
      all(-1),
    ])
    writer.store(output, name, layout)
  },
}

export const slicingKernels: readonly Kernel[] = [stridedSlice, reverse]
