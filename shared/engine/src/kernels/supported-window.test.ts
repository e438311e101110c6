import { tf } from '../index.ts'
import { averagePoolingKernels } from './average-pooling.ts'
import { convolutionKernels } from './convolution.ts'
import { poolingKernels } from './pooling.ts'
import { traceProgram } from '../trace/trace-program.ts'
import type { TensorFlow } from '../tf.ts'

const kernels = [...convolutionKernels, ...poolingKernels, ...averagePoolingKernels]

describe.each(kernels.map((kernel) => [kernel.name, kernel] as const))('%s', (name, kernel) => {
  test.each([
    [{ dilations: 2 }, 'with dilations'],
    [{ dilations: [1, 2] }, 'with dilations'],
    [{ dimRoundingMode: 'ceil' }, 'with dimRoundingMode ceil'],
    [{ dimRoundingMode: 'round' }, 'with dimRoundingMode round'],
    [{ dataFormat: 'NCHW' }, 'in NCHW'],
  ])('with %j is refused', (attributes, what) => {
    expect(() => kernel.infer([], attributes)).toThrow(
      expect.objectContaining({
        code: 'ENGINE_KERNEL_MISSING',
        message: expect.stringContaining(`'${name} ${what}'`),
      }),
    )
  })
})

const filter = (): TensorFlow.Tensor4D => tf.ones([2, 2, 1, 1])

test.each<[string, (x: TensorFlow.Tensor4D) => TensorFlow.Tensor]>([
  ['Conv2D with dilations', (x) => tf.conv2d(x, filter(), 1, 'valid', 'NHWC', 2)],
  ['Conv2D in NCHW', (x) => tf.conv2d(x, filter(), 1, 'valid', 'NCHW')],
  ['Conv2D with dimRoundingMode ceil', (x) => tf.conv2d(x, filter(), 2, 0, 'NHWC', 1, 'ceil')],
  ['MaxPool with dimRoundingMode ceil', (x) => tf.maxPool(x, 2, 2, 0, 'ceil')],
  ['AvgPool with dimRoundingMode ceil', (x) => tf.avgPool(x, 2, 2, 0, 'ceil')],
])('a program of %s is refused', (what, operation) => {
  const record = () =>
    traceProgram(({ x }) => ({ y: operation(x as TensorFlow.Tensor4D) }), {
      x: what.endsWith('NCHW') ? [1, 1, 5, 5] : [1, 5, 5, 1],
    })
  expect(record).toThrow(
    expect.objectContaining({
      code: 'ENGINE_KERNEL_MISSING',
      message: expect.stringContaining(`'${what}'`),
    }),
  )
})
