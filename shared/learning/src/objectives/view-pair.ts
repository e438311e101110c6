import { tf, type TensorFlow } from '@consilium/engine'

/** The embeddings of the first and of the second views of the same images: row i of each [N, D] shows image i. */
export type ViewPair = readonly [first: TensorFlow.Tensor2D, second: TensorFlow.Tensor2D]

/** [2N, D], row i and row i + N being two views of one image -> two [N, D] */
export const splitViews = (embeddings: TensorFlow.Tensor2D): ViewPair =>
  tf.split(embeddings, 2) as [TensorFlow.Tensor2D, TensorFlow.Tensor2D]
