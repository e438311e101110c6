import { tf, type Program, type TensorFlow } from '../index.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { graphToText } from './graph-to-text.ts'

const program: Program = ({ image, kernel }) => {
  const y = tf.conv2d(image as TensorFlow.Tensor4D, kernel as TensorFlow.Tensor4D, 2, 'same')
  return { y: tf.mul(tf.relu(y), 0.5), sum: tf.sum(y, [1, 2]) }
}

const signature = { image: [1, 4, 4, 1], kernel: [3, 3, 1, 2] }

test('a graph is one line for every input, constant, node and output', () => {
  expect(graphToText(traceProgram(program, signature))).toBe(
    `input %image float32[1,4,4,1]
input %kernel float32[3,3,1,2]
constant %4 float32[] = 0.5
%2 float32[1,2,2,2] = Conv2D(%image, %kernel) {dataFormat: "NHWC", dilations: [1, 1], pad: "same", strides: 2}
%3 float32[1,2,2,2] = Relu(%2)
%5 float32[1,2,2,2] = Multiply(%3, %4)
%6 float32[1,2] = Sum(%2) {axis: [1, 2], keepDims: false}
output y = %5
output sum = %6
`,
  )
})

test('the same program gives the same text', () => {
  const print = (): string => graphToText(traceProgram(program, signature))
  expect(print()).toBe(print())
})

test('constants are printed in full, as one number everywhere or as their size', () => {
  const constants: Program = () => ({
    few: tf.tensor1d([1, -0, 2.5]),
    uniform: tf.fill([20], 3),
    many: tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ones: tf.ones([3, 3]),
    none: tf.zeros([0]),
  })
  expect(graphToText(traceProgram(constants, {}))).toBe(
    `constant %0 float32[3] = [1, -0, 2.5]
constant %2 float32[9] = 9 values
constant %3 float32[3,3] = 1 everywhere
constant %4 float32[0] = []
%1 float32[20] = Fill() {dtype: "float32", shape: [20], value: 3}
output few = %0
output uniform = %1
output many = %2
output ones = %3
output none = %4
`,
  )
})
