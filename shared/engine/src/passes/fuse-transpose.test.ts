import { tf, type Program, type TensorFlow } from '../index.ts'
import { linesAfter } from '../testing/lines-after.ts'
import { fuseTranspose } from './fuse-transpose.ts'

const lines = linesAfter(fuseTranspose)

test('a product of transposed matrices reads the matrices as they were', () => {
  const program: Program = ({ a, b }) => ({ y: tf.matMul(tf.transpose(a!), tf.transpose(b!)) })
  expect(lines(program, { a: [2, 3], b: [4, 2] })).toEqual([
    'input %a float32[2,3]',
    'input %b float32[4,2]',
    '%4 float32[3,4] = BatchMatMul(%a, %b) {transposeA: true, transposeB: true}',
    'output y = %4',
  ])
})

test('a transpose of what the product transposes cancels it', () => {
  const program: Program = ({ a, b }) => ({ y: tf.matMul(tf.transpose(a!), b!, true) })
  expect(lines(program, { a: [3, 2], b: [3, 4] }).at(-2)).toBe(
    '%3 float32[3,4] = BatchMatMul(%a, %b) {transposeA: false, transposeB: false}',
  )
})

test('of stacked matrices, only an exchange of the last two axes is read through', () => {
  const product =
    (perm: number[]): Program =>
    ({ a, b }) => ({ y: tf.matMul(tf.transpose(a as TensorFlow.Tensor3D, perm), b!) })
  const signature = { a: [2, 2, 2], b: [2, 2, 2] }
  expect(lines(product([0, 2, 1]), signature)).toHaveLength(4)
  expect(lines(product([1, 0, 2]), signature)).toHaveLength(5)
})
