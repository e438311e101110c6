import fc from 'fast-check'
import { tf, type Program, type TensorFlow } from '../index.ts'
import { expectParity, input, RUNS, shape4 } from '../testing/parity.ts'
import { runOn } from '../testing/run-on.ts'

test('average pooling leaves padding out, and its gradient is its transpose', async () => {
  const pool = (x: TensorFlow.Tensor): TensorFlow.Tensor =>
    tf.avgPool(x as TensorFlow.Tensor4D, 3, 2, 'same')
  // Of a linear map A, the sum of A(x) * c equals the sum of x * (transpose of A)(c).
  const program: Program = ({ x }) => {
    const y = pool(x!)
    const c = tf.add(tf.cos(y), 0.5)
    const transposed = tf.grad(pool)(x!, c)
    return { y, difference: tf.sub(tf.sum(tf.mul(y, c)), tf.sum(tf.mul(x!, transposed))) }
  }
  await fc.assert(
    fc.asyncProperty(shape4.chain(input), async (x) => {
      await expectParity(({ x: image }) => ({ y: pool(image!) }), { x })
      const { difference } = await runOn('onnx', program, { x })
      expect(difference![0]).toBeCloseTo(0, 4)
    }),
    { numRuns: RUNS },
  )
})
