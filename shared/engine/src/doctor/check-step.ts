/**
 * The training step of the throughput check: SimCLR (Chen et al. 2020) on a small pre-activation ResNet with group
 * normalisation and weight standardisation, like the ones that studies train. Left out: learned scales of the
 * normalisation, augmentation.
 */
import { sizeOf, type NamedArrays } from '@consilium/weights'
import type { Tensors } from '../program.ts'
import type { TrainingStep } from '../step/training-step.ts'
import { tf, type TensorFlow } from '../tf.ts'

type Tensor = TensorFlow.Tensor
type Tensor2D = TensorFlow.Tensor2D
type Tensor4D = TensorFlow.Tensor4D

/** [H, W, C] */
export const VIEW_SHAPE = [32, 32, 3] as const

const TEMPERATURE = 0.1
const MOMENTUM = 0.9
const GROUPS = 8
const EPSILON = 1e-5

const units = [
  { name: 'unit1', from: 32, to: 32, stride: 1 },
  { name: 'unit2', from: 32, to: 64, stride: 2 },
  { name: 'unit3', from: 64, to: 128, stride: 2 },
]

const shapes: readonly (readonly [name: string, shape: readonly number[]])[] = [
  ['stem', [3, 3, 3, 32]],
  ...units.flatMap(({ name, from, to }) => [
    [`${name}/first`, [3, 3, from, to]] as const,
    [`${name}/second`, [3, 3, to, to]] as const,
    [`${name}/shortcut`, [1, 1, from, to]] as const,
  ]),
  ['projector', [128, 64]],
]

/** The same in every check. */
export const checkWeights = (): NamedArrays =>
  new Map(shapes.map(([name, shape]) => [name, { shape, data: invented(sizeOf(shape)) }]))

/** Values in -1..1 that look like noise, the same each time. */
export const invented = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898))

/** Samples: views [2N, 32, 32, 3], rows i and i + N being of one image. Input: learningRate, a scalar. */
export const checkStep: TrainingStep = {
  prepare: (weight) => (weight.rank === 4 ? standardise(weight) : weight),
  encode,
  loss: (prepared, features) => ntXent(tf.matMul(features, prepared['projector'] as Tensor2D)), // [2N, 64]
  buffers: ['momentum'],
  update: ({ weight, gradient, buffers, inputs }) => {
    const momentum = tf.add(tf.mul(buffers['momentum']!, MOMENTUM), gradient)
    return {
      weight: tf.sub(weight, tf.mul(momentum, inputs['learningRate']!)),
      buffers: { momentum },
    }
  },
}

/** views [n, 32, 32, 3] -> features [n, 128] */
function encode(weights: Tensors, views: Tensor): Tensor2D {
  let x = convolve(views, weights['stem']!, 1)
  for (const { name, stride } of units) {
    const active = tf.relu(groupNorm(x))
    const first = convolve(active, weights[`${name}/first`]!, stride)
    const second = convolve(tf.relu(groupNorm(first)), weights[`${name}/second`]!, 1)
    x = tf.add(second, convolve(active, weights[`${name}/shortcut`]!, stride))
  }
  return tf.mean<Tensor2D>(tf.relu(groupNorm(x)), [1, 2])
}

const convolve = (x: Tensor, filter: Tensor, stride: number): Tensor4D =>
  tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, 'same')

/** [kh, kw, in, out], every filter brought to mean 0 and variance 1 */
function standardise(filters: Tensor): Tensor {
  const centred = tf.sub(filters, tf.mean(filters, [0, 1, 2], true))
  const variance = tf.mean(tf.square(centred), [0, 1, 2], true)
  return tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON)))
}

/** x [n, h, w, c], every group of channels of every image brought to mean 0 and variance 1 */
function groupNorm(x: Tensor4D): Tensor4D {
  const mean = meanOfGroup(tf.mean(x, [1, 2]))
  const meanSquare = meanOfGroup(tf.mean(tf.square(x), [1, 2]))
  const variance = tf.relu(tf.sub(meanSquare, tf.square(mean)))
  const scale = tf.rsqrt(tf.add(variance, EPSILON))
  return tf.sub(tf.mul(x, plane(scale)), plane(tf.mul(mean, scale)))
}

/** perChannel [n, c] -> in place of each channel the mean of its group, [n, c] */
function meanOfGroup(perChannel: Tensor): Tensor {
  const [n, c] = perChannel.shape as [number, number]
  const grouped = tf.reshape(perChannel, [n, GROUPS, c / GROUPS]) // [n, g, c / g]
  const spread = tf.mul(tf.mean(grouped, 2, true), tf.onesLike(grouped)) // [n, g, c / g]
  return tf.reshape(spread, [n, c]) // [n, c]
}

/** [n, c] -> [n, 1, 1, c] */
const plane = (perChannel: Tensor): Tensor => tf.expandDims(tf.expandDims(perChannel, 1), 1)

/** embeddings [2N, D] -> mean over all views of -log softmax of the similarity with the other view of the image */
function ntXent(embeddings: Tensor2D): TensorFlow.Scalar {
  const rows = embeddings.shape[0]
  const length = tf.sqrt(tf.sum(tf.square(embeddings), 1, true)) // [2N, 1]
  const z = tf.div<Tensor2D>(embeddings, length)
  const others = tf.concat([
    tf.slice(z, [rows / 2, 0], [-1, -1]),
    tf.slice(z, [0, 0], [rows / 2, -1]),
  ]) // [2N, D]
  const similarities = tf.div(tf.matMul(z, z, false, true), TEMPERATURE) // [2N, 2N]
  const index = tf.range(0, rows)
  const isOther = tf.notEqual(tf.expandDims(index, 1), tf.expandDims(index, 0)) // [2N, 2N]
  const sums = tf.sum(tf.mul(tf.exp(similarities), tf.cast(isOther, 'float32')), 1) // [2N]
  const positives = tf.div(tf.sum(tf.mul(z, others), 1), TEMPERATURE) // [2N]
  return tf.mean(tf.sub(tf.log(sums), positives))
}
