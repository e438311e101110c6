/** Convolution and its two gradients. Activations are lowered in NCHW, kernels in OIHW. */
import { NCHW, OIHW, type GraphWriter } from '../onnx/graph-writer.ts'
import { tf } from '../tf.ts'
import type { Attributes, Node, Value } from '../trace/graph.ts'
import type { Kernel } from './kernel.ts'

type Info = ReturnType<typeof tf.backend_util.computeConv2DInfo>

function infoOf(x: readonly number[], filter: readonly number[], attributes: Attributes): Info {
  return tf.backend_util.computeConv2DInfo(
    [...x] as [number, number, number, number],
    [...filter] as [number, number, number, number],
    attributes['strides'] as number,
    (attributes['dilations'] as number | undefined) ?? 1,
    attributes['pad'] as number,
    attributes['dimRoundingMode'] as 'floor',
  )
}

const pads = ({ padInfo }: Info): number[] => [
  padInfo.top,
  padInfo.left,
  padInfo.bottom,
  padInfo.right,
]
const strides = (info: Info): number[] => [info.strideHeight, info.strideWidth]
const kernelShape = (info: Info): number[] => [info.filterHeight, info.filterWidth]

const conv2d: Kernel = {
  name: 'Conv2D',
  inputs: ['x', 'filter'],
  infer: ([x, filter], attributes) => ({
    shape: infoOf(x!.shape, filter!.shape, attributes).outShape,
    dtype: 'float32',
  }),
  lower: ({ inputs: [x, filter], attributes, output }, writer) => {
    const info = infoOf(x!.shape, filter!.shape, attributes)
    const names = [writer.load(x!, NCHW), writer.load(filter!, OIHW)]
    const name = writer.emit('Conv', names, {
      pads: pads(info),
      strides: strides(info),
      kernel_shape: kernelShape(info),
    })
    writer.store(output, name, NCHW)
  },
}

const backpropInput: Kernel = {
  name: 'Conv2DBackpropInput',
  inputs: ['dy', 'filter'],
  infer: (_, attributes) => ({ shape: attributes['inputShape'] as number[], dtype: 'float32' }),
  lower: (node, writer) => {
    const [dy, filter] = node.inputs as [Value, Value]
    const info = infoOf(node.output.shape, filter.shape, node.attributes)
    const isPointwise = info.filterHeight === 1 && info.filterWidth === 1 && info.strideHeight === 1
    // A 1x1 convolution's input gradient is a 1x1 convolution with the kernel's channels exchanged.
    const name = isPointwise
      ? writer.emit('Conv', [writer.load(dy, NCHW), writer.load(filter, [2, 3, 0, 1])])
      : writer.emit('ConvTranspose', [writer.load(dy, NCHW), writer.load(filter, OIHW)], {
          pads: pads(info),
          strides: strides(info),
          kernel_shape: kernelShape(info),
          output_padding: outputPadding(info),
        })
    writer.store(node.output, name, NCHW)
  },
}

/** Rows and columns at the end of the input that no window of a strided convolution reached. */
function outputPadding(info: Info): number[] {
  const { padInfo } = info
  return [
    info.inHeight +
      padInfo.top +
      padInfo.bottom -
      info.filterHeight -
      (info.outHeight - 1) * info.strideHeight,
    info.inWidth +
      padInfo.left +
      padInfo.right -
      info.filterWidth -
      (info.outWidth - 1) * info.strideWidth,
  ]
}

const backpropFilter: Kernel = {
  name: 'Conv2DBackpropFilter',
  inputs: ['x', 'dy'],
  infer: (_, attributes) => ({ shape: attributes['filterShape'] as number[], dtype: 'float32' }),
  lower: (node, writer) => {
    const [x, dy] = node.inputs as [Value, Value]
    const info = infoOf(x.shape, node.output.shape, node.attributes)
    const isPointwise = info.filterHeight === 1 && info.filterWidth === 1
    const name = isPointwise
      ? pointwiseFilterGradient(writer, x, dy, info)
      : filterGradient(writer, node, info)
    writer.store(node.output, name, isPointwise ? OIHW : [2, 3, 0, 1])
  },
}

/** One GEMM over all pixels of the batch: [O, N*H*W] x [N*H*W, I] -> [O, I], stored as [O, I, 1, 1]. */
function pointwiseFilterGradient(writer: GraphWriter, x: Value, dy: Value, info: Info): string {
  const { inChannels, outChannels, batchSize, outHeight, outWidth } = info
  const pixels = batchSize * outHeight * outWidth
  const sampled = info.strideHeight === 1 ? writer.load(x, NCHW) : everyOther(writer, x, info)
  const flatX = flatten(writer, sampled, [inChannels, pixels])
  const flatDy = flatten(writer, writer.load(dy, NCHW), [outChannels, pixels])
  const product = writer.emit('Gemm', [flatDy, flatX], { transB: 1 }) // [O, I]
  return writer.reshape(product, [outChannels, inChannels, 1, 1])
}

/** NCHW -> [C, N*H*W] */
function flatten(writer: GraphWriter, name: string, shape: readonly number[]): string {
  return writer.reshape(writer.emit('Transpose', [name], { perm: [1, 0, 2, 3] }), shape)
}

function everyOther(writer: GraphWriter, x: Value, info: Info): string {
  const ends = [
    (info.outHeight - 1) * info.strideHeight + 1,
    (info.outWidth - 1) * info.strideWidth + 1,
  ]
  const inputs = [[0, 0], ends, [2, 3], strides(info)].map((values) => writer.ints(values))
  return writer.emit('Slice', [writer.load(x, NCHW), ...inputs])
}

/** A convolution of x by dy with batch and channels exchanged: [I, N, H, W] * [O, N, OH, OW] -> [I, O, kh, kw]. */
function filterGradient(writer: GraphWriter, node: Node, info: Info): string {
  const [x, dy] = node.inputs as [Value, Value]
  const { padInfo } = info
  const unread = outputPadding(info)
  // Rows and columns that no window reached must not enter: they shrink the padding, or are cut where there is none.
  const bottom = padInfo.bottom - unread[0]!
  const right = padInfo.right - unread[1]!
  const whole = writer.load(x, [3, 0, 1, 2])
  const ends = [info.inHeight + Math.min(0, bottom), info.inWidth + Math.min(0, right)]
  const image = bottom < 0 || right < 0 ? cutEnds(writer, whole, ends) : whole
  return writer.emit('Conv', [image, writer.load(dy, [3, 0, 1, 2])], {
    pads: [padInfo.top, padInfo.left, Math.max(0, bottom), Math.max(0, right)],
    dilations: strides(info),
    kernel_shape: [info.outHeight, info.outWidth],
  })
}

/** The first `ends` rows and columns of an image in channels-first layout. */
const cutEnds = (writer: GraphWriter, name: string, ends: readonly number[]): string =>
  writer.emit('Slice', [name, writer.ints([0, 0]), writer.ints(ends), writer.ints([2, 3])])

export const convolutionKernels: readonly Kernel[] = [conv2d, backpropInput, backpropFilter]
