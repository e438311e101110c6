import { compile, tf, type Program, type TensorFlow } from '@consilium/engine'
import { ntXentLoss } from './nt-xent-loss.ts'

// Two views each of two images; losses and gradient computed in float64 from equation 1 of Chen et al. 2020.
const embeddings = new Float32Array([1, 0, 0, 0, 2, 0, 0.8, 0.6, 0, 0, 0.6, 0.8])

const lossAndGradient =
  (temperature: number): Program =>
  ({ h }) => {
    const { value, grad } = tf.valueAndGrad((x: TensorFlow.Tensor) =>
      ntXentLoss(x as TensorFlow.Tensor2D, temperature),
    )(h!)
    return { loss: value, gradient: grad }
  }

async function evaluate(
  h: Float32Array,
  temperature: number,
  runtime: 'onnx' | 'reference' = 'onnx',
) {
  const executable = await compile(
    lossAndGradient(temperature),
    { h: [h.length / 3, 3] },
    { runtime },
  )
  return executable.run({ h })
}

describe.each(['onnx', 'reference'] as const)('on the %s runtime', (runtime) => {
  test.each([
    [0.1, 0.23046161],
    [0.5, 0.63993446],
  ])('the loss at temperature %d is the published value', async (temperature, expected) => {
    const { loss } = await evaluate(embeddings, temperature, runtime)
    expect(loss![0]).toBeCloseTo(expected, 5)
  })

  test('the gradient is the published one', async () => {
    const { gradient } = await evaluate(embeddings, 0.5, runtime)
    const expected = [
      0, -0.01485262, 0.12027838, 0.21988455, 0, -0.20892072, -0.40195306, 0.53593742, 0.20848544,
      0.35883342, -0.23420015, 0.17565011,
    ]
    expected.forEach((value, i) => {
      expect(gradient![i]).toBeCloseTo(value, 5)
    })
  })
})

test('exchanging the two views changes nothing', async () => {
  const exchanged = new Float32Array([...embeddings.slice(6), ...embeddings.slice(0, 6)])
  const [a, b] = [await evaluate(embeddings, 0.2), await evaluate(exchanged, 0.2)]
  expect(b.loss![0]).toBeCloseTo(a.loss![0]!, 6)
})

test('neither huge embeddings nor a low temperature overflow', async () => {
  const { loss, gradient } = await evaluate(
    embeddings.map((x) => x * 1e15),
    0.02,
  )
  expect(Number.isFinite(loss![0])).toBe(true)
  expect(gradient!.every(Number.isFinite)).toBe(true)
})

test('a batch of one image has loss 0: its other view is the only candidate', async () => {
  const { loss } = await evaluate(new Float32Array([1, 2, 3, 3, 2, 1]), 0.5)
  expect(loss![0]).toBeCloseTo(0, 6)
})

test('an embedding that is not a number gives a loss that is not a number', async () => {
  const { loss } = await evaluate(
    embeddings.map((x, i) => (i === 4 ? NaN : x)),
    0.5,
  )
  expect(loss![0]).toBeNaN()
})

test('blocks of rows give the loss and the gradient of the whole', async () => {
  const h = Float32Array.from({ length: 30 }, (_, i) => Math.sin((i + 1) * 12.9898))
  const inBlocksOf =
    (rows: number | undefined): Program =>
    ({ x }) => {
      const { value, grad } = tf.valueAndGrad((v: TensorFlow.Tensor) =>
        ntXentLoss(v as TensorFlow.Tensor2D, 0.2, rows),
      )(x!)
      return { loss: value, gradient: grad }
    }
  const run = async (rows: number | undefined) =>
    (await compile(inBlocksOf(rows), { x: [10, 3] })).run({ x: h })
  const whole = await run(undefined)
  for (const rows of [1, 3, 5]) {
    const blocks = await run(rows)
    expect(blocks.loss![0]).toBeCloseTo(whole.loss![0]!, 5)
    whole.gradient!.forEach((value, i) => {
      expect(blocks.gradient![i]).toBeCloseTo(value, 5)
    })
  }
})
