import { NCHW, type GraphWriter } from '../onnx/graph-writer.ts'
import { tf } from '../tf.ts'
import type { Attributes, Value } from '../trace/graph.ts'
import type { Kernel } from './kernel.ts'
import { withSupportedWindow } from './supported-window.ts'

type Info = ReturnType<typeof tf.backend_util.computePool2DInfo>

function infoOf({ shape }: Value, attributes: Attributes): Info {
  return tf.backend_util.computePool2DInfo(
    [...shape] as [number, number, number, number],
    attributes['filterSize'] as number,
    attributes['strides'] as number,
    1,
    attributes['pad'] as number,
    attributes['dimRoundingMode'] as 'floor',
  )
}

/** The maximum of each window and, asked for, where it stood in the flat input (the first one on ties, as tfjs). */
function emitMaxPool(writer: GraphWriter, x: Value, info: Info, outputs: 1 | 2): string[] {
  const { padInfo } = info
  return writer.emitMany({
    opType: 'MaxPool',
    input: [writer.load(x, NCHW)],
    attributes: {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      pads: [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right],
    },
    outputs,
  })
}

const maxPool: Kernel = {
  name: 'MaxPool',
  inputs: ['x'],
  infer: ([x], attributes) => ({ shape: infoOf(x!, attributes).outShape, dtype: 'float32' }),
  lower: ({ inputs: [x], attributes, output }, writer) => {
    writer.store(output, emitMaxPool(writer, x!, infoOf(x!, attributes), 1)[0]!, NCHW)
  },
}

/** Each output's gradient is added where its maximum stood; overlapping windows accumulate. */
const maxPoolGrad: Kernel = {
  name: 'MaxPoolGrad',
  inputs: ['dy', 'input', 'output'],
  infer: ([, input]) => input!,
  lower: ({ inputs: [dy, input], attributes, output }, writer) => {
    const [, indices] = emitMaxPool(writer, input!, infoOf(input!, attributes), 2)
    const size = tf.util.sizeFromShape([...output.shape])
    const [n, h, w, c] = output.shape as [number, number, number, number]
    const flat = writer.emit(
      'ScatterElements',
      [
        writer.filled([size], 0, 'float32'),
        writer.reshape(indices!, [-1]),
        writer.reshape(writer.load(dy!, NCHW), [-1]),
      ],
      { axis: 0, reduction: 'add' },
    )
    writer.store(output, writer.reshape(flat, [n, c, h, w]), NCHW)
  },
}

export const poolingKernels: readonly Kernel[] = [maxPool, maxPoolGrad].map(withSupportedWindow)
