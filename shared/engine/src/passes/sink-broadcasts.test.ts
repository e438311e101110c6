import { tf, type Program } from '../index.ts'
import { linesAfter } from '../testing/lines-after.ts'
import { sinkBroadcasts } from './sink-broadcasts.ts'

const lines = linesAfter(sinkBroadcasts)

test('an element-wise node whose other input has the shape reads the value before it was broadcast', () => {
  const program: Program = ({ x, row }) => ({ y: tf.add(x!, tf.broadcastTo(row!, [2, 3])) })
  expect(lines(program, { x: [2, 3], row: [1, 3] }).slice(2)).toEqual([
    '%3 float32[2,3] = Add(%x, %row)',
    'output y = %3',
  ])
})

test('what is the same along an axis is computed once and broadcast afterwards', () => {
  const program: Program = ({ column }) => ({
    y: tf.exp(tf.div(tf.broadcastTo(column!, [2, 3]), 5)),
  })
  expect(lines(program, { column: [2, 1] })).toEqual([
    'input %column float32[2,1]',
    'constant %2 float32[] = 5',
    '%5 float32[2,1] = RealDiv(%column, %2)',
    '%6 float32[2,1] = Exp(%5)',
    '%4 float32[2,3] = BroadcastTo(%6) {shape: [2, 3]}',
    'output y = %4',
  ])
})

test('a broadcast that a sum or an output reads stays', () => {
  const program: Program = ({ x }) => {
    const wide = tf.broadcastTo(x!, [2, 3])
    return { wide, sum: tf.sum(wide, 1) }
  }
  expect(lines(program, { x: [1, 3] }).slice(1)).toEqual([
    '%1 float32[2,3] = Tile(%x) {reps: [2, 1]}',
    '%2 float32[2] = Sum(%1) {axis: 1, keepDims: false}',
    'output wide = %1',
    'output sum = %2',
  ])
})

test('a tile that repeats several values is no broadcast', () => {
  const program: Program = ({ x }) => ({ y: tf.neg(tf.tile(x!, [2])) })
  expect(lines(program, { x: [2] }).slice(1)).toEqual([
    '%1 float32[4] = Tile(%x) {reps: [2]}',
    '%2 float32[4] = Neg(%1)',
    'output y = %2',
  ])
})
