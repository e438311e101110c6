import { tf, type Program } from '../index.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { linesAfter } from '../testing/lines-after.ts'
import { foldConstants } from './fold-constants.ts'

const lines = linesAfter(foldConstants)

test('what depends on constants alone is computed', () => {
  const program: Program = ({ x }) => {
    const scale = tf.sqrt(tf.add(tf.sum(tf.tensor1d([1, 2, 3])), 3))
    return { y: tf.mul(x!, scale) }
  }
  expect(lines(program, { x: [2] })).toEqual([
    'input %x float32[2]',
    'constant %5 float32[] = 3',
    '%6 float32[2] = Multiply(%x, %5)',
    'output y = %6',
  ])
})

test('kernels over a list and of other types are computed too', () => {
  const program: Program = () => {
    const mask = tf.greater(tf.concat([tf.tensor1d([1, -2]), tf.fill([2], 3)]), 0)
    return { y: tf.cast(mask, 'float32') }
  }
  const { outputs, constants } = foldConstants(traceProgram(program, {}))
  expect(constants.get(outputs.get('y')!)).toEqual(new Float32Array([1, 0, 1, 1]))
})

test('zeros and ones like a small value are known whatever it is', () => {
  const program: Program = ({ x }) => ({ y: tf.add(tf.zerosLike(x!), tf.onesLike(x!)) })
  expect(lines(program, { x: [3] })).toEqual([
    'input %x float32[3]',
    'constant %3 float32[3] = 1 everywhere',
    'output y = %3',
  ])
})

test('a large constant of one number everywhere is made at run time', () => {
  const program: Program = ({ x }) => ({ y: tf.maximum(x!, tf.ones([64, 65])) })
  expect(lines(program, { x: [64, 65] })).toEqual([
    'input %x float32[64,65]',
    '%1 float32[64,65] = Fill() {dtype: "float32", shape: [64, 65], value: 1}',
    '%2 float32[64,65] = Maximum(%x, %1)',
    'output y = %2',
  ])
})

test('element-wise nodes of such constants become one such constant', () => {
  const program: Program = () => ({ y: tf.exp(tf.mul(tf.zeros([64, 65]), tf.fill([65], 7))) })
  expect(lines(program, {})).toEqual([
    '%3 float32[64,65] = Fill() {dtype: "float32", shape: [64, 65], value: 1}',
    'output y = %3',
  ])
})

test('a large result of small constants is computed at run time', () => {
  const program: Program = () => ({ y: tf.tile(tf.tensor1d([1, 2]), [4096]) })
  expect(lines(program, {})).toEqual([
    'constant %0 float32[2] = [1, 2]',
    '%1 float32[8192] = Tile(%0) {reps: [4096]}',
    'output y = %1',
  ])
})

test('a large constant of several numbers is stored as it is', () => {
  const values = Float32Array.from({ length: 4097 }, (_, i) => i)
  const graph = foldConstants(traceProgram(() => ({ y: tf.tensor1d(values) }), {}))
  expect([...graph.constants.values()]).toEqual([values])
})

test('folding leaves the backend that tfjs computes on, and no tensor behind', () => {
  const graph = traceProgram(() => ({ y: tf.add(1, 2) }), {})
  const before = { backend: tf.getBackend(), tensors: tf.memory().numTensors }
  foldConstants(graph)
  expect({ backend: tf.getBackend(), tensors: tf.memory().numTensors }).toEqual(before)
})
