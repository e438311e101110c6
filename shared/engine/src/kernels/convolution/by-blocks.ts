/**
 * Convolution by ONNX Runtime's direct kernels for blocked channels (domain com.microsoft.nchwc): channels in blocks
 * of the width of a vector register, no im2col. ONNX Runtime uses them by itself only for kernels that never change;
 * written out they work for kernels that are trained. Between 1.2 and 2 times the speed of Conv (PERFORMANCE.md).
 */
import { NCHW, type GraphWriter } from '../../onnx/graph-writer.ts'
import type { Value } from '../../trace/graph.ts'
import { padsOf, type Convolution, type Geometry } from './geometry.ts'

const DOMAIN = 'com.microsoft.nchwc'

/** Whether both channel counts fill whole blocks. A block of 0 says that this machine has no such kernels. */
export const fitsBlocks = ({ inChannels, outChannels }: Geometry, block: number): boolean =>
  block > 0 && inChannels % block === 0 && outChannels % block === 0

/** The input gradient is a convolution of dy only without stride and where the padding stays positive. */
export const hasForwardGradient = (g: Geometry): boolean =>
  g.strideHeight === 1 &&
  g.strideWidth === 1 &&
  g.padInfo.top < g.filterHeight &&
  g.padInfo.left < g.filterWidth &&
  g.padInfo.bottom < g.filterHeight &&
  g.padInfo.right < g.filterWidth

/** [N, OH, OW, O] in NCHW */
export function forwardByBlocks(
  writer: GraphWriter,
  { x, filter, geometry }: Convolution,
  block: number,
): string {
  const { inChannels, outChannels, filterHeight, filterWidth } = geometry
  // [kh, kw, C/b, b, O/b, b] -> [O/b, C/b, kh, kw, b (in), b (out)]
  const kernel = blockedKernel(writer, filter!, {
    split: [filterHeight, filterWidth, inChannels / block, block, outChannels / block, block],
    perm: [4, 2, 0, 1, 3, 5],
    shape: [outChannels, inChannels, filterHeight, filterWidth],
  })
  return convolve(writer, x!, kernel, {
    channels: outChannels,
    pads: padsOf(geometry),
    strides: [geometry.strideHeight, geometry.strideWidth],
    kernelShape: [filterHeight, filterWidth],
  })
}

/** [N, H, W, C] in NCHW: dy convolved with the kernel turned by 180 degrees, its channels exchanged. */
export function inputGradientByBlocks(
  writer: GraphWriter,
  { dy, filter, geometry }: Convolution,
  block: number,
): string {
  const { inChannels, outChannels, filterHeight, filterWidth } = geometry
  // [kh, kw, C/b, b, O/b, b] -> [C/b, O/b, kh, kw, b (out), b (in)]
  const kernel = blockedKernel(writer, filter!, {
    split: [filterHeight, filterWidth, inChannels / block, block, outChannels / block, block],
    perm: [2, 4, 0, 1, 5, 3],
    shape: [inChannels, outChannels, filterHeight, filterWidth],
    turned: true,
  })
  const [top, left, bottom, right] = padsOf(geometry) as [number, number, number, number]
  return convolve(writer, dy!, kernel, {
    channels: inChannels,
    pads: [
      filterHeight - 1 - top,
      filterWidth - 1 - left,
      filterHeight - 1 - bottom,
      filterWidth - 1 - right,
    ],
    strides: [1, 1],
    kernelShape: [filterHeight, filterWidth],
  })
}

interface Blocking {
  readonly split: readonly number[]
  readonly perm: readonly number[]
  readonly shape: readonly number[]
  readonly turned?: boolean
}

function blockedKernel(
  writer: GraphWriter,
  filter: Value,
  { split, perm, shape, turned = false }: Blocking,
): string {
  const kernel = turned ? turn(writer, writer.load(filter)) : writer.load(filter)
  return writer.reshape(writer.emit('Transpose', [writer.reshape(kernel, split)], { perm }), shape)
}

function turn(writer: GraphWriter, kernel: string): string {
  const ranges = [
    [-1, -1],
    [-(2 ** 31), -(2 ** 31)],
    [0, 1],
    [-1, -1],
  ].map((values) => writer.ints(values))
  return writer.emit('Slice', [kernel, ...ranges])
}

interface Blocked {
  readonly channels: number
  readonly pads: readonly number[]
  readonly strides: readonly number[]
  readonly kernelShape: readonly number[]
}

function convolve(
  writer: GraphWriter,
  x: Value,
  kernel: string,
  { channels, pads, strides, kernelShape }: Blocked,
): string {
  const blocked = writer.emit('ReorderInput', [writer.load(x, NCHW)], { channels_last: 0 }, DOMAIN)
  const product = writer.emit(
    'Conv',
    [blocked, kernel],
    { pads, strides, kernel_shape: kernelShape, dilations: [1, 1], group: 1 },
    DOMAIN,
  )
  return writer.emit('ReorderOutput', [product], { channels, channels_last: 0 }, DOMAIN)
}
