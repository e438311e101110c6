import { CNHW, NCHW, physicalShape } from '../onnx/graph-writer.ts'
import type { Kernel } from './kernel.ts'

/**
 * x * scale + shift with x [N, H, W, C] and scale, shift [N, 1, 1, C]: one pass over x, made from two by the pass
 * `fuse-scale-shift`. BatchNormalization with mean 0 and variance 1 over N*C "channels" is that pass.
 */
export const scaleShift: Kernel = {
  name: 'ScaleShift',
  inputs: ['x', 'scale', 'shift'],
  infer: ([x]) => x!,
  lower: ({ inputs: [x, scale, shift], output }, writer) => {
    const layout = writer.nativeLayout(x!).join() === NCHW.join() ? NCHW : CNHW
    const shape = physicalShape(output.shape, layout) as [number, number, number, number]
    const planes = shape[0] * shape[1]
    const flat = writer.reshape(writer.load(x!, layout), [1, planes, shape[2], shape[3]])
    const zeros = writer.constant(new Float32Array(planes), [planes], 'float32')
    const ones = writer.constant(new Float32Array(planes).fill(1), [planes], 'float32')
    const [a, b] = [scale!, shift!].map((value) =>
      writer.reshape(writer.load(value, layout), [planes]),
    )
    const y = writer.emit('BatchNormalization', [flat, a!, b!, zeros, ones], {
      epsilon: { float: 0 },
    })
    writer.store(output, writer.reshape(y, shape), layout)
  },
}
