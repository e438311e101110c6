/** Every lowering against TensorFlow.js's own CPU backend, on random shapes and values, gradients included. */
import fc from 'fast-check'
import { tf, type Program, type TensorFlow } from '../index.ts'
import { relativeError, runOn, type TestInput } from '../testing/run-on.ts'

const RUNS = 12

const values = (size: number): fc.Arbitrary<Float32Array> =>
  fc
    .array(fc.integer({ min: -2000, max: 2000 }), { minLength: size, maxLength: size })
    .map((xs) => new Float32Array(xs.map((x) => x / 1000)))

const input = (shape: readonly number[]): fc.Arbitrary<TestInput> =>
  values(shape.reduce((a, b) => a * b, 1)).map((data) => ({ shape, data }))

const shape4 = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 2, max: 6 }),
  fc.integer({ min: 2, max: 6 }),
  fc.integer({ min: 1, max: 4 }),
)

async function expectParity(
  program: Program,
  inputs: Readonly<Record<string, TestInput>>,
  tolerance = 1e-5,
): Promise<void> {
  const expected = await runOn('reference', program, inputs)
  const actual = await runOn('onnx', program, inputs)
  for (const [name, data] of Object.entries(expected)) {
    expect({ name, error: relativeError(actual[name]!, data) < tolerance }).toEqual({
      name,
      error: true,
    })
  }
}

/** The program's output and the gradient of its sum of squares with respect to every input. */
const withGradients =
  (f: (...xs: TensorFlow.Tensor[]) => TensorFlow.Tensor): Program =>
  (inputs) => {
    const names = Object.keys(inputs)
    const xs = names.map((name) => inputs[name]!)
    const grads = tf.grads((...args: TensorFlow.Tensor[]) => tf.sum(tf.square(f(...args))))(xs)
    return { y: f(...xs), ...Object.fromEntries(names.map((name, i) => [`d${name}`, grads[i]!])) }
  }

const positive = (x: TensorFlow.Tensor): TensorFlow.Tensor => tf.add(tf.abs(x), 0.5)

const everyThird = (shape: number[]): TensorFlow.Tensor =>
  tf.tensor(
    Uint8Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (i % 3 === 0 ? 1 : 0)),
    shape,
    'bool',
  )

const unary: Record<string, (x: TensorFlow.Tensor) => TensorFlow.Tensor> = {
  square: tf.square,
  sqrt: (x) => tf.sqrt(positive(x)),
  rsqrt: (x) => tf.rsqrt(positive(x)),
  exp: tf.exp,
  log: (x) => tf.log(positive(x)),
  neg: tf.neg,
  abs: tf.abs,
  relu: tf.relu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  reciprocal: (x) => tf.reciprocal(positive(x)),
  clippedBelow: (x) => tf.maximum(x, 0.3),
  clippedAbove: (x) => tf.minimum(x, tf.onesLike(x)),
  squaredDifference: (x) => tf.squaredDifference(x, tf.onesLike(x)),
  where: (x) => tf.where(everyThird(x.shape), tf.mul(x, 2), tf.neg(x)),
  softmax: tf.softmax,
  logSoftmax: tf.logSoftmax,
  meanOfImage: (x) => tf.mean(x, [1, 2]),
  sumKept: (x) => tf.sum(x, [0, 3], true),
  sumOfSquares: (x) => tf.sum(tf.square(x), [1, 2]),
  max: (x) => tf.max(x, 3),
  transpose: (x) => tf.transpose(x, [3, 1, 0, 2]),
  pad: (x) =>
    tf.pad(x, [
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ]),
  slice: (x) => tf.slice(x, [0, 1, 0, 0], [-1, 1, 2, -1]),
  tile: (x) => tf.tile(x, [1, 2, 1, 3]),
  expandDims: (x) => tf.expandDims(x, 2),
  reshape: (x) => tf.reshape(x, [-1]),
}

test.each(Object.keys(unary))('%s and its gradient', async (name) => {
  await fc.assert(
    fc.asyncProperty(shape4.chain(input), (x) => expectParity(withGradients(unary[name]!), { x })),
    { numRuns: RUNS },
  )
})

const binary: Record<string, (a: TensorFlow.Tensor, b: TensorFlow.Tensor) => TensorFlow.Tensor> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: (a, b) => tf.div(a, positive(b)),
  concat: (a, b) => tf.concat([a, tf.mul(b, tf.onesLike(a))], 3),
}

const broadcastPair = fc
  .tuple(
    shape4,
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.integer({ min: 0, max: 3 }),
  )
  .chain(([shape, ones, dropped]) => {
    const other = shape.map((size, i) => (ones[i] === true ? 1 : size)).slice(dropped)
    return fc.tuple(input(shape), input(other))
  })

test.each(Object.keys(binary))('%s with broadcasting and its gradients', async (name) => {
  await fc.assert(
    fc.asyncProperty(broadcastPair, ([a, b]) =>
      expectParity(withGradients(binary[name] as () => TensorFlow.Tensor), { a, b }),
    ),
    { numRuns: RUNS },
  )
})

test('matrix products, transposed or not, in two and three dimensions', async () => {
  const size = fc.integer({ min: 1, max: 5 })
  const product = fc
    .tuple(size, size, size, fc.boolean(), fc.boolean(), fc.boolean())
    .chain(([n, k, m, ta, tb, batched]) => {
      const lead = batched ? [2] : []
      return fc.tuple(
        fc.constant({ ta, tb }),
        input([...lead, ...(ta ? [k, n] : [n, k])]),
        input([...lead, ...(tb ? [m, k] : [k, m])]),
      )
    })
  await fc.assert(
    fc.asyncProperty(product, ([{ ta, tb }, a, b]) =>
      expectParity(
        withGradients((x, y) => tf.matMul(x, y, ta, tb)),
        { a, b },
      ),
    ),
    { numRuns: 3 * RUNS },
  )
})

test('convolutions of any kernel, stride and padding, and both their gradients', async () => {
  const convolution = fc
    .record({
      x: fc.tuple(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 4, max: 9 }),
        fc.integer({ min: 4, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
      ),
      kernel: fc.constantFrom(1, 3),
      stride: fc.constantFrom(1, 2),
      pad: fc.constantFrom(0, 1, 'same' as const),
      out: fc.integer({ min: 1, max: 4 }),
    })
    .filter(({ kernel, pad }) => kernel > 1 || pad !== 1)
    .chain(({ x, kernel, stride, pad, out }) =>
      fc.tuple(fc.constant({ stride, pad }), input(x), input([kernel, kernel, x[3], out])),
    )
  await fc.assert(
    fc.asyncProperty(convolution, ([{ stride, pad }, x, filter]) =>
      expectParity(
        withGradients((a, b) =>
          tf.conv2d(
            a as TensorFlow.Tensor4D,
            b as TensorFlow.Tensor4D,
            stride,
            pad,
            'NHWC',
            1,
            pad === 'same' ? undefined : 'floor',
          ),
        ),
        { x, filter },
      ),
    ),
    { numRuns: 5 * RUNS },
  )
})

test('the 7x7/2 stem convolution and overlapping max-pooling, with gradients', async () => {
  const stem = (x: TensorFlow.Tensor, k: TensorFlow.Tensor): TensorFlow.Tensor => {
    const y = tf.conv2d(
      x as TensorFlow.Tensor4D,
      k as TensorFlow.Tensor4D,
      2,
      3,
      'NHWC',
      1,
      'floor',
    )
    return tf.maxPool(
      tf.pad<TensorFlow.Tensor4D>(y, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]),
      3,
      2,
      'valid',
    )
  }
  await fc.assert(
    fc.asyncProperty(input([1, 11, 12, 2]), input([7, 7, 2, 3]), (x, k) =>
      expectParity(
        withGradients((a, b) => stem(a, b)),
        { x, k },
      ),
    ),
    { numRuns: 2 },
  )
})

test('a product and a sum per plane become one pass and give the same', async () => {
  const affine: Program = ({ x, scale, shift }) => ({ y: tf.add(tf.mul(x!, scale!), shift!) })
  await fc.assert(
    fc.asyncProperty(
      shape4.chain(([n, h, w, c]) =>
        fc.tuple(input([n, h, w, c]), input([n, 1, 1, c]), input([n, 1, 1, c])),
      ),
      ([x, scale, shift]) => expectParity(affine, { x, scale, shift }),
    ),
    { numRuns: RUNS },
  )
})
