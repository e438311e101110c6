/** Every lowering against TensorFlow.js's own CPU backend, on random shapes and values, gradients included. */
import fc from 'fast-check'
import { tf, type Program, type TensorFlow } from '../index.ts'
import { comparedRuntimes, testOnTensorFlow } from '../testing/on-tensorflow.ts'
import {
  arranged,
  broadcastPair,
  expectParity,
  input,
  RUNS,
  shape4,
  withGradients,
} from '../testing/parity.ts'

const positive = (x: TensorFlow.Tensor): TensorFlow.Tensor => tf.add(tf.abs(x), 0.5)

const everyThird = (shape: number[]): TensorFlow.Tensor =>
  tf.tensor(
    Uint8Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (i % 3 === 0 ? 1 : 0)),
    shape,
    'bool',
  )

/** Rows 0, 2, 4, ... added up as the first row of three, the others as the last. */
const segmentSum = (x: TensorFlow.Tensor): TensorFlow.Tensor => {
  const ids = Int32Array.from({ length: x.shape[0] }, (_, i) => (i % 2) * 2)
  return tf.unsortedSegmentSum(x, tf.tensor1d(ids, 'int32'), 3)
}

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
  sliceToTheEnd: (x) => tf.slice(x, [0, 1]),
  slice: (x) => tf.slice(x, [0, 1, 0, 0], [-1, 1, 2, -1]),
  tile: (x) => tf.tile(x, [1, 2, 1, 3]),
  expandDims: (x) => tf.expandDims(x, 2),
  reshape: (x) => tf.reshape(x, [-1]),
  floor: tf.floor,
  ceil: tf.ceil,
  round: tf.round,
  sign: tf.sign,
  sin: tf.sin,
  cos: tf.cos,
  erf: tf.erf,
  log1p: (x) => tf.log1p(tf.abs(x)),
  softplus: tf.softplus,
  elu: tf.elu,
  leakyRelu: (x) => tf.leakyRelu(x, 0.1),
  relu6: (x) => tf.relu6(tf.mul(x, 4)),
  clipByValue: (x) => tf.clipByValue(x, -1, 0.7),
  addN: (x) => tf.addN([x, tf.square(x), tf.neg(x)]),
  min: (x) => tf.min(x, [1, 2], true),
  meanOfAll: (x) => tf.mean(x),
  prod: (x) => tf.prod(x, 3),
  prodKept: (x) => tf.prod(x, [1, 2], true),
  logSumExp: (x) => tf.logSumExp(x, 3),
  variance: (x) => tf.moments(x, [0, 1, 2]).variance,
  norm: (x) => tf.norm(tf.add(x, 3)),
  reverse: (x) => tf.reverse(x, [1, 3]),
  stack: (x) => tf.stack([x, tf.neg(x), tf.square(x)], 2),
  unstack: (x) => tf.stack(tf.unstack(x, 1).toReversed(), -1),
  split: (x) => tf.mul(...(tf.split(x, [1, -1], 2) as [TensorFlow.Tensor, TensorFlow.Tensor])),
  gather: (x) =>
    tf.gather(
      x,
      [
        [1, 0],
        [1, 1],
      ],
      2,
    ),
  gatherRows: (x) => tf.gather(x, tf.zeros([3], 'int32')),
  segmentSum: (x) => segmentSum(tf.reshape(x, [-1, x.shape[3]!])),
  argMax: (x) => tf.mul(tf.sum(x, 3, true), tf.oneHot(tf.argMax(x, 3), 5)),
  argMin: (x) => tf.mul(x, tf.cast(tf.expandDims(tf.argMin(x, 1), 1), 'float32')),
  range: (x) => tf.mul(x, tf.range(0, x.shape[3]!)),
  cumsum: (x) => tf.cumsum(x, 3),
  sigmoidCrossEntropy: (x) => tf.losses.sigmoidCrossEntropy(everyThird(x.shape), x),
  avgPool: (x) => tf.avgPool(x as TensorFlow.Tensor4D, 2, 1, 'valid'),
  avgPoolStrided: (x) => tf.avgPool(x as TensorFlow.Tensor4D, [2, 1], 2, 'valid'),
}

test.each(Object.keys(unary))('%s and its gradient', async (name) => {
  await fc.assert(
    fc.asyncProperty(shape4.chain(arranged), ({ x, perm }) =>
      expectParity(
        withGradients((stored) => unary[name]!(tf.transpose(stored, perm))),
        { x },
      ),
    ),
    { numRuns: RUNS },
  )
})

const binary: Record<string, (a: TensorFlow.Tensor, b: TensorFlow.Tensor) => TensorFlow.Tensor> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: (a, b) => tf.div(a, positive(b)),
  concat: (a, b) => tf.concat([a, tf.mul(b, tf.onesLike(a))], 3),
  pow: (a, b) => tf.pow(positive(a), b),
  prelu: tf.prelu,
  // Of quarters: elsewhere a quotient that is rounded to a whole number decides.
  floorDiv: (a, b) => tf.floorDiv(tf.round(tf.mul(a, 4)), tf.round(tf.mul(positive(b), 4))),
}

test.each(Object.keys(binary))('%s with broadcasting and its gradients', async (name) => {
  await fc.assert(
    fc.asyncProperty(broadcastPair, ([a, b]) =>
      expectParity(withGradients(binary[name] as () => TensorFlow.Tensor), { a, b }),
    ),
    { numRuns: RUNS },
  )
})

/** Without gradients: comparisons have none, and tfjs's do not undo broadcasting in the others. */
const forwardOnly = {
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  equal: tf.equal,
  notEqual: tf.notEqual,
  where: (a: TensorFlow.Tensor, b: TensorFlow.Tensor) => tf.where(tf.greater(a, b), a, b),
  logicalOr: (a: TensorFlow.Tensor, b: TensorFlow.Tensor) =>
    tf.logicalOr(tf.greater(a, 0), tf.greater(b, 0)),
  logicalAnd: (a: TensorFlow.Tensor, b: TensorFlow.Tensor) =>
    tf.logicalAnd(tf.greater(a, 0), tf.logicalNot(tf.greater(b, 0))),
}

test.each(Object.entries(forwardOnly))('%s with broadcasting', async (_, f) => {
  const program: Program = ({ a, b }) => {
    const [few, others] = [tf.round(a!), tf.round(b!)]
    return { y: tf.cast(f(few, others), 'float32') }
  }
  await fc.assert(
    fc.asyncProperty(broadcastPair, ([a, b]) => expectParity(program, { a, b })),
    { numRuns: RUNS },
  )
})

test('whole numbers are divided downwards, whatever their signs', async () => {
  const program: Program = ({ a, b }) => {
    const divisor = tf.add(tf.mul(tf.step(b!), 5), -2) // 3 or -2
    const quotient = tf.div(tf.cast(tf.mul(a!, 9), 'int32'), tf.cast(divisor, 'int32'))
    return { y: tf.cast(quotient, 'float32') }
  }
  await fc.assert(
    fc.asyncProperty(broadcastPair, ([a, b]) => expectParity(program, { a, b })),
    { numRuns: RUNS },
  )
})

test('strided slices, forwards and backwards, with dropped and new axes', async () => {
  const slices: ((x: TensorFlow.Tensor) => TensorFlow.Tensor)[] = [
    (x) => tf.stridedSlice(x, [0, 1, 0, 0], [3, 6, 6, 4], [1, 2, 1, 1]),
    (x) => tf.stridedSlice(x, [0, -1, -1, 0], [3, 0, -7, 4], [1, -1, -2, 1], 0, 4),
    (x) => tf.stridedSlice(x, [0, 1], [1, 2], [1, 1], 1, 1, 0, 0, 2),
    (x) => tf.stridedSlice(x, [0, 0, 0], [1, 0, 1], [1, 1, 2], 0, 0, 2, 1, 0),
  ]
  await fc.assert(
    fc.asyncProperty(shape4.chain(arranged), fc.constantFrom(...slices), ({ x, perm }, slice) =>
      expectParity((inputs) => ({ y: slice(tf.transpose(inputs['x']!, perm)) }), { x }),
    ),
    { numRuns: 2 * RUNS },
  )
})

test('a matrix product repeats a single matrix for every other one', async () => {
  const program: Program = ({ a, b }) => ({ y: tf.matMul(a!, b!) })
  await fc.assert(
    fc.asyncProperty(input([2, 3, 3, 4]), input([4, 2]), (a, b) => expectParity(program, { a, b })),
    { numRuns: 2 },
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

testOnTensorFlow('TensorFlow takes part in every comparison of this file', () => {
  expect(comparedRuntimes).toContain('tensorflow')
})
