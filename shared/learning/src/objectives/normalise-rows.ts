import { tf, type TensorFlow } from '@consilium/engine'

const NORM_EPSILON = 1e-12

/** Rows of [N, D] scaled to length 1. */
export const normaliseRows = (x: TensorFlow.Tensor2D): TensorFlow.Tensor2D =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), NORM_EPSILON)))
