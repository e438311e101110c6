/** Convolution and its input gradient as ONNX's own Conv and ConvTranspose, which want NCHW and OIHW. */
import { NCHW, OIHW, type GraphWriter } from '../../onnx/graph-writer.ts'
import { padsOf, unreadEnds, type Convolution, type Geometry } from './geometry.ts'

const attributesOf = (g: Geometry) => ({
  pads: padsOf(g),
  strides: [g.strideHeight, g.strideWidth],
  kernel_shape: [g.filterHeight, g.filterWidth],
})

/** [N, OH, OW, O] in NCHW */
export const forwardByOperator = (
  writer: GraphWriter,
  { x, filter, geometry }: Convolution,
): string =>
  writer.emit('Conv', [writer.load(x!, NCHW), writer.load(filter!, OIHW)], attributesOf(geometry))

/** [N, H, W, C] in NCHW */
export const inputGradientByOperator = (
  writer: GraphWriter,
  { dy, filter, geometry }: Convolution,
): string =>
  writer.emit('ConvTranspose', [writer.load(dy!, NCHW), writer.load(filter!, OIHW)], {
    ...attributesOf(geometry),
    output_padding: unreadEnds(geometry),
  })
