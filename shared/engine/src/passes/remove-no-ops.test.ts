import { tf, type Program, type TensorFlow } from '../index.ts'
import { linesAfter } from '../testing/lines-after.ts'
import { removeNoOps } from './remove-no-ops.ts'

const lines = linesAfter(removeNoOps)

type Op = (x: TensorFlow.Tensor) => TensorFlow.Tensor

const of =
  (op: Op): Program =>
  ({ x }) => ({ y: op(x!) })

test.each<[string, Op]>([
  ['x * 1', (x) => tf.mul(x, 1)],
  ['1 * x', (x) => tf.mul(1, x)],
  ['x * ones', (x) => tf.mul(x, tf.onesLike(x))],
  ['x + 0', (x) => tf.add(x, 0)],
  ['0 + x', (x) => tf.add(tf.zeros([2, 3]), x)],
  ['x - 0', (x) => tf.sub(x, 0)],
  ['x / 1', (x) => tf.div(x, 1)],
  ['-(-x)', (x) => tf.neg(tf.neg(x))],
  ['a reshape to the same shape', (x) => tf.reshape(x, [-1, 3])],
  ['a reshape and back', (x) => tf.reshape(tf.expandDims(tf.reshape(x, [6]), 1), [2, 3])],
  ['a transpose of no axes', (x) => tf.transpose(x, [0, 1])],
  ['a transpose and back', (x) => tf.transpose(tf.transpose(x))],
  ['a slice of everything', (x) => tf.slice(x, [0, 0], [-1, 3])],
  ['one tile', (x) => tf.tile(x, [1, 1])],
  [
    'no padding',
    (x) =>
      tf.pad(x, [
        [0, 0],
        [0, 0],
      ]),
  ],
  ['a broadcast to the same shape', (x) => tf.broadcastTo(x, [2, 3])],
  [
    'several of them',
    (x) => tf.reshape(tf.mul(tf.transpose(tf.transpose(tf.add(x, 0))), 1), [2, 3]),
  ],
])('%s is x', (_, op) => {
  expect(lines(of(op), { x: [2, 3] })).toEqual(['input %x float32[2,3]', 'output y = %x'])
})

test.each<[string, Op, string]>([
  ['0 - x', (x) => tf.sub(0, x), 'Sub(%1, %x)'],
  ['1 / x', (x) => tf.div(1, x), 'RealDiv(%1, %x)'],
  ['x * 0 (NaN where x is infinite)', (x) => tf.mul(x, 0), 'Multiply(%x, %1)'],
])('%s is left alone', (_, op, text) => {
  expect(lines(of(op), { x: [2, 3] }).at(-2)).toContain(text)
})

test('a neutral operand that widens the other becomes a broadcast', () => {
  expect(
    lines(
      of((x) => tf.mul(x, tf.ones([2, 2, 3]))),
      { x: [2, 1] },
    ),
  ).toEqual([
    'input %x float32[2,1]',
    '%2 float32[2,2,3] = BroadcastTo(%x) {shape: [2, 2, 3]}',
    'output y = %2',
  ])
})

test('reshapes in a row become the last', () => {
  const program = of((x) => tf.expandDims(tf.reshape(tf.reshape(x, [6]), [3, 2])))
  expect(lines(program, { x: [2, 3] })).toEqual([
    'input %x float32[2,3]',
    '%3 float32[1,3,2] = Reshape(%x) {shape: [1, 3, 2]}',
    'output y = %3',
  ])
})

test('transposes in a row become one', () => {
  const program = of((x) => tf.transpose(tf.transpose(x, [2, 0, 1]), [1, 0, 2]))
  expect(lines(program, { x: [2, 3, 4] })).toEqual([
    'input %x float32[2,3,4]',
    '%2 float32[2,4,3] = Transpose(%x) {perm: [0, 2, 1]}',
    'output y = %2',
  ])
})

test('a reshape that is needed for itself stays', () => {
  const program: Program = ({ x }) => {
    const flat = tf.reshape(x!, [6])
    return { flat, y: tf.reshape(flat, [3, 2]) }
  }
  expect(lines(program, { x: [2, 3] }).slice(1)).toEqual([
    '%1 float32[6] = Reshape(%x) {shape: [6]}',
    '%2 float32[3,2] = Reshape(%x) {shape: [3, 2]}',
    'output flat = %1',
    'output y = %2',
  ])
})
