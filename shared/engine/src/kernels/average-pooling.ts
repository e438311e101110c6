/** Average pooling and its gradient. A window's average leaves padding out. */
import { NCHW } from '../onnx/graph-writer.ts'
import { tf } from '../tf.ts'
import type { Attributes } from '../trace/graph.ts'
import { padsOf, unreadEnds, type Geometry } from './convolution/geometry.ts'
import type { Kernel } from './kernel.ts'
import { withSupportedWindow } from './supported-window.ts'

const geometryOf = (shape: readonly number[], attributes: Attributes): Geometry =>
  tf.backend_util.computePool2DInfo(
    [...shape] as [number, number, number, number],
    attributes['filterSize'] as number,
    attributes['strides'] as number,
    1,
    attributes['pad'] as number,
    attributes['dimRoundingMode'] as 'floor',
  )

const windowOf = (g: Geometry) => ({
  kernel_shape: [g.filterHeight, g.filterWidth],
  strides: [g.strideHeight, g.strideWidth],
  pads: padsOf(g),
})

const avgPool: Kernel = {
  name: 'AvgPool',
  inputs: ['x'],
  infer: ([x], attributes) => ({
    shape: geometryOf(x!.shape, attributes).outShape,
    dtype: 'float32',
  }),
  lower: ({ inputs: [x], attributes, output }, writer) => {
    const window = windowOf(geometryOf(x!.shape, attributes))
    writer.store(output, writer.emit('AveragePool', [writer.load(x!, NCHW)], window), NCHW)
  },
}

/**
 * Each output's gradient, over the pixels its window counted, spread over them: a transposed convolution of every plane
 * with ones. tfjs's CPU kernel divides by the whole window also where part of it is padding, which is not the derivative.
 */
const avgPoolGrad: Kernel = {
  name: 'AvgPoolGrad',
  inputs: ['dy', 'input'],
  infer: ([, input]) => input!,
  lower: ({ inputs: [dy, input], attributes, output }, writer) => {
    const g = geometryOf(input!.shape, attributes)
    const [n, h, w, c] = output.shape as [number, number, number, number]
    const { outHeight, outWidth, filterHeight, filterWidth } = g
    const counts = writer.constant(pixelsPerWindow(g), [outHeight, outWidth], 'float32')
    const share = writer.emit('Div', [writer.load(dy!, NCHW), counts])
    const planes = writer.reshape(share, [n * c, 1, outHeight, outWidth])
    const ones = writer.filled([1, 1, filterHeight, filterWidth], 1, 'float32')
    const spread = writer.emit('ConvTranspose', [planes, ones], {
      ...windowOf(g),
      output_padding: unreadEnds(g),
    })
    writer.store(output, writer.reshape(spread, [n, c, h, w]), NCHW)
  },
}

/** [OH, OW] */
function pixelsPerWindow(g: Geometry): Float32Array {
  const inside = (window: number, input: number, size: number): number =>
    Math.min(input, window + size) - Math.max(0, window)
  return Float32Array.from({ length: g.outHeight * g.outWidth }, (_, i) => {
    const top = Math.floor(i / g.outWidth) * g.strideHeight - g.padInfo.top
    const left = (i % g.outWidth) * g.strideWidth - g.padInfo.left
    return inside(top, g.inHeight, g.filterHeight) * inside(left, g.inWidth, g.filterWidth)
  })
}

export const averagePoolingKernels: readonly Kernel[] = [avgPool, avgPoolGrad].map(
  withSupportedWindow,
)
