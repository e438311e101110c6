import { tf } from '../index.ts'
import { runOn } from '../testing/run-on.ts'

test('log1p is right to the last digits for tiny, ordinary and extreme values', async () => {
  const data = Float32Array.from(
    [1e-37, 1e-20, 1e-8, 3e-8, 1e-5, 1e-4, 1.234e-3, 0.03, 0.3, 0.49, 0.51].flatMap((x) => [x, -x]),
  )
  const { y } = await runOn('onnx', ({ x }) => ({ y: tf.log1p(x!) }), {
    x: { shape: [data.length], data },
  })
  data.forEach((x, i) => {
    expect(Math.abs(y![i]! / Math.log1p(x) - 1)).toBeLessThan(5e-7)
  })
  const ends = { shape: [4], data: new Float32Array([0, -1, Infinity, 1e30]) }
  const { y: atEnds } = await runOn('onnx', ({ x }) => ({ y: tf.log1p(x!) }), { x: ends })
  expect([...atEnds!]).toEqual([0, -Infinity, Infinity, Math.fround(Math.log1p(1e30))])
})

test('a masked product passes the gradient of every positive normal float32', async () => {
  const x = new Float32Array([1.18e-38, 1e-31, 1, 3e38, 0, -1.18e-38, -1])
  const { y } = await runOn(
    'onnx',
    (inputs) => ({ y: tf.mul(inputs['dy']!, tf.step(inputs['x']!)) }),
    { x: { shape: [7], data: x }, dy: { shape: [7], data: new Float32Array(7).fill(2) } },
  )
  expect([...y!].map(Math.abs)).toEqual([2, 2, 2, 2, 0, 0, 0])
})
