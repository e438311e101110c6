import { tf, type Program, type TensorFlow } from '../index.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { optimise } from './optimise.ts'

const kernelsOf = (program: Program, signature: Record<string, number[]>): string[] =>
  optimise(traceProgram(program, signature)).nodes.map(({ kernel }) => kernel)

test('what no output needs is not kept', () => {
  const program: Program = ({ x }) => {
    tf.exp(x!)
    return { y: tf.neg(x!) }
  }
  expect(kernelsOf(program, { x: [2] })).toEqual(['Neg'])
})

test('a sum of squares does not store the squares', () => {
  expect(kernelsOf(({ x }) => ({ y: tf.sum(tf.square(x!)) }), { x: [3] })).toEqual(['SumOfSquares'])
})

test('a product and a sum per plane become ScaleShift', () => {
  const program: Program = ({ x, a, b }) => ({ y: tf.add(tf.mul(x!, a!), b!) })
  expect(kernelsOf(program, { x: [2, 3, 3, 4], a: [2, 1, 1, 4], b: [2, 1, 1, 4] })).toEqual([
    'ScaleShift',
  ])
})

test('a product that is also needed for itself is left alone', () => {
  const program: Program = ({ x, a, b }) => {
    const product = tf.mul(x!, a!)
    return { product, y: tf.add(product, b!) }
  }
  expect(kernelsOf(program, { x: [2, 3, 3, 4], a: [2, 1, 1, 4], b: [2, 1, 1, 4] })).toEqual([
    'Multiply',
    'Add',
  ])
})

test('the gradient of Relu becomes a selection', () => {
  const program: Program = ({ x }) => ({
    dx: tf.grad((v: TensorFlow.Tensor) => tf.relu(v))(x!, tf.mul(x!, 3)),
  })
  expect(kernelsOf(program, { x: [4] })).toContain('PositiveMask')
  expect(kernelsOf(program, { x: [4] })).not.toContain('Step')
})

test('the gradient of a mean stores no ones and broadcasts nothing', () => {
  const centred = (v: TensorFlow.Tensor): TensorFlow.Tensor => tf.sub(v, tf.mean(v, [0, 1], true))
  const program: Program = ({ x }) => ({ dx: tf.grad((v) => tf.exp(centred(v)))(x!) })
  const graph = optimise(traceProgram(program, { x: [64, 64, 4] }))
  expect([...graph.constants.keys()].map(({ shape }) => shape)).toEqual([[]])
  expect(graph.nodes.map(({ kernel }) => kernel)).toEqual([
    'Mean',
    'Sub',
    'Exp',
    'Sum',
    'Neg',
    'Reshape',
    'RealDiv',
    'Add',
  ])
})
