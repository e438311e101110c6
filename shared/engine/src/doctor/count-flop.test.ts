import type { Program, Signature } from '../program.ts'
import { tf, type TensorFlow } from '../tf.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { countFlop } from './count-flop.ts'

const flopOf = (program: Program, signature: Signature): number =>
  countFlop(traceProgram(program, signature))

const convolve = (x: TensorFlow.Tensor, filter: TensorFlow.Tensor): TensorFlow.Tensor =>
  tf.conv2d(x as TensorFlow.Tensor4D, filter as TensorFlow.Tensor4D, 2, 'same')

test('a matrix product multiplies and adds rows x inner x columns times, transposed or not', () => {
  const product: Program = ({ a, b }) => ({ y: tf.matMul(a!, b!) })
  const transposed: Program = ({ a, b }) => ({ y: tf.matMul(a!, b!, true, true) })
  expect(flopOf(product, { a: [3, 4], b: [4, 5] })).toBe(2 * 3 * 4 * 5)
  expect(flopOf(transposed, { a: [4, 3], b: [5, 4] })).toBe(2 * 3 * 4 * 5)
})

test('a convolution multiplies and adds every tap of every output value', () => {
  const program: Program = ({ x, filter }) => ({ y: convolve(x!, filter!) })
  const signature = { x: [2, 4, 4, 3], filter: [3, 3, 3, 5] }
  expect(flopOf(program, signature)).toBe(2 * (2 * 2 * 2 * 5) * (3 * 3 * 3))
})

test('both gradients of a convolution take as much as the convolution', () => {
  const signature = { x: [2, 4, 4, 3], filter: [3, 3, 3, 5] }
  const program: Program = ({ x, filter }) => {
    const { value, grads } = tf.valueAndGrads((...args: TensorFlow.Tensor[]) =>
      tf.sum<TensorFlow.Scalar>(convolve(args[0]!, args[1]!)),
    )([x!, filter!])
    return { value, dx: grads[0]!, dfilter: grads[1]! }
  }
  expect(flopOf(program, signature)).toBe(3 * 2 * (2 * 2 * 2 * 5) * (3 * 3 * 3))
})

test('what is no product counts nothing', () => {
  expect(flopOf(({ x }) => ({ y: tf.relu(tf.add(x!, 1)) }), { x: [8] })).toBe(0)
})
