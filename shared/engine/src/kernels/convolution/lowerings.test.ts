/** Every lowering of a convolution and of its gradients, on random shapes, against TensorFlow.js's own CPU backend. */
import fc from 'fast-check'
import { tf, type Program, type TensorFlow } from '../../index.ts'
import { blockSize } from '../../onnx/block-size.ts'
import { encodeModel } from '../../onnx/encode-model.ts'
import { runModel } from '../../testing/run-model.ts'
import { relativeError, runOn, type TestInput } from '../../testing/run-on.ts'
import { traceProgram } from '../../trace/trace-program.ts'

type Tensor4D = TensorFlow.Tensor4D

interface Shape {
  readonly n: number
  readonly h: number
  readonly w: number
  readonly kernel: number
  readonly stride: number
  readonly pad: number
  readonly channels: number
  readonly filters: number
}

const convolution =
  ({ stride, pad }: Shape): Program =>
  ({ x, filter }) => {
    const f = (a: TensorFlow.Tensor, b: TensorFlow.Tensor): TensorFlow.Tensor =>
      tf.conv2d(a as Tensor4D, b as Tensor4D, stride, pad, 'NHWC', 1, 'floor')
    const [dx, dfilter] = tf.grads((...args: TensorFlow.Tensor[]) =>
      tf.sum(tf.square(f(args[0]!, args[1]!))),
    )([x!, filter!])
    return { y: f(x!, filter!), dx: dx!, dfilter: dfilter! }
  }

/** Values that repeat with no period the kernels have, in -1..1. */
const values = (shape: readonly number[], seed: number): TestInput => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin((i + 1) * (seed + 12.9898)),
  ),
})

async function expectParity(shape: Shape, lowering: string, block: number): Promise<void> {
  const inputs = {
    x: values([shape.n, shape.h, shape.w, shape.channels], 1),
    filter: values([shape.kernel, shape.kernel, shape.channels, shape.filters], 2),
  }
  const program = convolution(shape)
  const graph = traceProgram(program, { x: inputs.x.shape, filter: inputs.filter.shape })
  const choose = (_: unknown, [first, ...others]: readonly string[]): string =>
    others.includes(lowering) ? lowering : first!
  const actual = await runModel(encodeModel(graph, { blockSize: block, choose }), inputs)
  const expected = await runOn('reference', program, inputs)
  for (const [name, data] of Object.entries(expected)) {
    const close = relativeError(actual[name]!, data) < 1e-5
    expect({ name, lowering, shape, close }).toEqual({ name, lowering, shape, close: true })
  }
}

const shapes = (channels: fc.Arbitrary<number>): fc.Arbitrary<Shape> =>
  fc
    .record({
      n: fc.integer({ min: 1, max: 2 }),
      h: fc.integer({ min: 1, max: 6 }),
      w: fc.integer({ min: 1, max: 6 }),
      kernel: fc.constantFrom(1, 2, 3, 5),
      stride: fc.constantFrom(1, 2, 3),
      pad: fc.integer({ min: 0, max: 2 }),
      channels,
      filters: channels,
    })
    .filter(({ h, w, kernel, pad }) => Math.min(h, w) + 2 * pad >= kernel && pad < kernel)

test.each(['taps', 'operator'])('%s', async (lowering) => {
  await fc.assert(
    fc.asyncProperty(shapes(fc.integer({ min: 1, max: 3 })), (shape) =>
      expectParity(shape, lowering, 0),
    ),
    { numRuns: 60 },
  )
})

test('blocks, where this processor has them', async () => {
  const block = await blockSize()
  if (block === 0) return
  await fc.assert(
    fc.asyncProperty(shapes(fc.constantFrom(block, 2 * block)), (shape) =>
      expectParity(shape, 'blocks', block),
    ),
    { numRuns: 12 },
  )
})
