import { tf, type TensorFlow } from '@consilium/engine'

/** x, but a constant to whatever differentiates through it. */
export const stopGradient = <T extends TensorFlow.Tensor>(x: T): T =>
  tf.customGrad((value) => ({
    value: tf.clone(value as TensorFlow.Tensor),
    gradFunc: (dy: TensorFlow.Tensor) => tf.zerosLike(dy),
  }))(x) as T
