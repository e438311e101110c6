/**
 * Group normalisation (Wu & He 2018) with its gradient written out, so that both directions are a few sums per
 * (image, channel) and one affine pass over the activation instead of tfjs's decomposition into a dozen passes.
 *
 * With m values per group: y = gamma (x - mean) r + beta, r = 1 / sqrt(var + eps), var biased (BiT: eps 1e-5).
 * dx = r gamma dy - r/m (A + xhat B), where A = sum gamma dy and B = sum gamma dy xhat over the group.
 */
import { tf, type TensorFlow } from '@consilium/engine'

type Tensor = TensorFlow.Tensor
type Tensor4D = TensorFlow.Tensor4D

export const GROUP_NORM_EPSILON = 1e-5

/** x [N, H, W, C], gamma and beta [C]; C must be a multiple of `groups`. Returns [N, H, W, C]. */
export function groupNorm(x: Tensor4D, gamma: Tensor, beta: Tensor, groups: number): Tensor4D {
  const normalise = tf.customGrad((...args) => {
    const [input, scaleBy, shiftBy, save] = args as unknown as [
      Tensor,
      Tensor,
      Tensor,
      TensorFlow.GradSaveFunc,
    ]
    const membership = membershipOf(x.shape, groups)
    const { mean, rstd } = statistics(input, membership)
    const channelMean = spread(mean, membership) // [N, C]
    const channelRstd = spread(rstd, membership) // [N, C]
    const scale = tf.mul(channelRstd, scaleBy) // [N, C]
    const shift = tf.sub(shiftBy, tf.mul(channelMean, scale)) // [N, C]
    // tfjs disposes of whatever a forward pass does not save.
    save([input, scaleBy, mean, rstd, channelMean, channelRstd, scale])
    return {
      value: affine(input, scale, shift),
      gradFunc: (dy: Tensor, saved: Tensor[]) =>
        gradients(dy, saved as Saved, membershipOf(x.shape, groups)),
    }
  })
  return normalise(x, gamma, beta) as Tensor4D
}

/** Which channel belongs to which group, as matrices: a product with one is a sum over groups or its reverse. */
interface Membership {
  /** [C, G]: 1 / values per image and group where the channel belongs to the group, else 0 */
  readonly average: Tensor
  /** [G, C]: 1 where the channel belongs to the group, else 0 */
  readonly spread: Tensor
}

function membershipOf([, h, w, c]: readonly number[], groups: number): Membership {
  const perGroup = c! / groups
  const average = new Float32Array(c! * groups)
  const back = new Float32Array(c! * groups)
  for (let channel = 0; channel < c!; channel += 1) {
    const group = Math.floor(channel / perGroup)
    average[channel * groups + group] = 1 / (h! * w! * perGroup)
    back[group * c! + channel] = 1
  }
  return { average: tf.tensor2d(average, [c!, groups]), spread: tf.tensor2d(back, [groups, c!]) }
}

/** x [N, H, W, C], gamma [C]; mean and rstd per group [N, G] and per channel [N, C]; scale [N, C] */
type Saved = [
  x: Tensor,
  gamma: Tensor,
  mean: Tensor,
  rstd: Tensor,
  channelMean: Tensor,
  channelRstd: Tensor,
  scale: Tensor,
]

/** Mean and reciprocal standard deviation of every group, [N, G]. */
function statistics(x: Tensor, membership: Membership): { mean: Tensor; rstd: Tensor } {
  const mean = average(tf.sum(x, [1, 2]), membership)
  const meanSquare = average(tf.sum(tf.square(x), [1, 2]), membership)
  // Rounding can make a constant group's variance slightly negative.
  const variance = tf.relu(tf.sub(meanSquare, tf.square(mean)))
  return { mean, rstd: tf.rsqrt(tf.add(variance, GROUP_NORM_EPSILON)) }
}

function gradients(dy: Tensor, saved: Saved, membership: Membership): Tensor[] {
  const [x, gamma, mean, rstd, channelMean, channelRstd, scale] = saved
  const sumDy = tf.sum(dy, [1, 2]) // [N, C]
  const sumDyX = tf.sum(tf.mul(dy, x), [1, 2]) // [N, C]
  const sumDyXhat = tf.mul(tf.sub(sumDyX, tf.mul(channelMean, sumDy)), channelRstd) // [N, C]
  const a = average(tf.mul(sumDy, gamma), membership) // [N, G]
  const b = average(tf.mul(sumDyXhat, gamma), membership) // [N, G]
  const minusXScale = tf.mul(tf.square(rstd), b) // [N, G]
  const xShift = tf.sub(tf.mul(minusXScale, mean), tf.mul(rstd, a)) // [N, G]
  const xScale = tf.neg(minusXScale)
  const fromX = affine(x, spread(xScale, membership), spread(xShift, membership))
  const fromDy = tf.mul(dy, plane(scale))
  return [tf.add(fromDy, fromX), tf.sum(sumDyXhat, 0), tf.sum(sumDy, 0)]
}

/** [N, C] sums over the image -> [N, G] means over image and group */
const average = (perChannel: Tensor, membership: Membership): Tensor =>
  tf.matMul(perChannel, membership.average)

/** [N, G] -> the same value for each channel of the group, [N, C] */
const spread = (perGroup: Tensor, membership: Membership): Tensor =>
  tf.matMul(perGroup, membership.spread)

/** [N, C] -> [N, 1, 1, C] */
function plane(perChannel: Tensor): Tensor {
  const [n, c] = perChannel.shape as [number, number]
  return tf.reshape(perChannel, [n, 1, 1, c])
}

/** x [N, H, W, C] * scale [N, C] + shift [N, C] */
const affine = (x: Tensor, scale: Tensor, shift: Tensor): Tensor =>
  tf.add(tf.mul(x, plane(scale)), plane(shift))
