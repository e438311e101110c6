import { tf, type Program, type TensorFlow } from '../index.ts'
import { linesAfter } from '../testing/lines-after.ts'
import { eliminateCommonSubexpressions } from './eliminate-common-subexpressions.ts'

const lines = linesAfter(eliminateCommonSubexpressions)

test('what the program computes twice is computed once', () => {
  const norm = (x: TensorFlow.Tensor): TensorFlow.Tensor => tf.sqrt(tf.sum(x, 1, true))
  const program: Program = ({ x }) => ({ y: tf.sub(tf.div(x!, norm(x!)), norm(x!)) })
  expect(lines(program, { x: [2, 3] })).toEqual([
    'input %x float32[2,3]',
    '%1 float32[2,1] = Sum(%x) {axis: 1, keepDims: true}',
    '%2 float32[2,1] = Sqrt(%1)',
    '%3 float32[2,3] = RealDiv(%x, %2)',
    '%6 float32[2,3] = Sub(%3, %2)',
    'output y = %6',
  ])
})

test('equal constants are one; zeros of different sign, shape or type are not', () => {
  const program: Program = ({ x }) => ({
    a: tf.maximum(x!, 0),
    b: tf.maximum(x!, 0),
    c: tf.maximum(x!, -0),
    d: tf.maximum(x!, [0]),
    e: tf.maximum(x!, tf.cast(tf.scalar(0, 'int32'), 'float32')),
  })
  expect(lines(program, { x: [1] })).toEqual([
    'input %x float32[1]',
    'constant %1 float32[] = 0',
    'constant %5 float32[] = -0',
    'constant %7 float32[1] = 0 everywhere',
    'constant %9 int32[] = 0',
    '%2 float32[1] = Maximum(%x, %1)',
    '%6 float32[1] = Maximum(%x, %5)',
    '%8 float32[1] = Maximum(%x, %7)',
    '%10 float32[] = Cast(%9) {dtype: "float32"}',
    '%11 float32[1] = Maximum(%x, %10)',
    'output a = %2',
    'output b = %2',
    'output c = %6',
    'output d = %8',
    'output e = %11',
  ])
})

test('exchanged inputs are equal where the kernel commutes, and only there', () => {
  const program: Program = ({ x, y }) => ({
    product: tf.mul(x!, y!),
    same: tf.mul(y!, x!),
    difference: tf.sub(x!, y!),
    other: tf.sub(y!, x!),
  })
  expect(lines(program, { x: [1], y: [1] }).slice(2)).toEqual([
    '%2 float32[1] = Multiply(%x, %y)',
    '%4 float32[1] = Sub(%x, %y)',
    '%5 float32[1] = Sub(%y, %x)',
    'output product = %2',
    'output same = %2',
    'output difference = %4',
    'output other = %5',
  ])
})

test('nodes with different attributes are different', () => {
  const program: Program = ({ x }) => ({ rows: tf.sum(x!, 0), columns: tf.sum(x!, 1) })
  expect(lines(program, { x: [2, 2] }).slice(-2)).toEqual([
    'output rows = %1',
    'output columns = %2',
  ])
})
