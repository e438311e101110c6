/** A training step in the pieces that let it run in shards: samples are independent of each other until the loss. */
import type { TensorFlow } from '../tf.ts'
import type { Tensors } from '../program.ts'

type Tensor = TensorFlow.Tensor

/** One weight with what an optimiser needs to change it. */
export interface TensorStep {
  readonly name: string
  readonly weight: Tensor
  readonly gradient: Tensor
  /** The optimiser's buffers of this weight, by buffer name. */
  readonly buffers: Tensors
  /** The inputs of the step, e.g. the learning rate. */
  readonly inputs: Tensors
}

export interface TensorUpdate {
  readonly weight: Tensor
  readonly buffers: Tensors
}

/**
 * loss(encode(prepare(weights), samples)) and its optimiser. Every piece is a pure function in TensorFlow.js ops.
 * Weights are used by `encode` or by `loss`, not by both.
 */
export interface TrainingStep {
  /** What the network computes with instead of a weight, e.g. a standardised kernel; done once per step. */
  readonly prepare: (weight: Tensor) => Tensor
  /** samples [n, ...] -> features [n, D]. Row i must depend on sample i only: no statistics over the batch. */
  readonly encode: (prepared: Tensors, samples: Tensor) => TensorFlow.Tensor2D
  /** features [N, D] of all samples -> a scalar. May use the whole batch. */
  readonly loss: (
    prepared: Tensors,
    features: TensorFlow.Tensor2D,
    inputs: Tensors,
  ) => TensorFlow.Scalar
  /** Names of the optimiser's buffers; each weight has one of its own shape of each, zero at first. */
  readonly buffers: readonly string[]
  /** Independent of all other weights. */
  readonly update: (tensor: TensorStep) => TensorUpdate
}

/** The name a buffer of a weight has in the state of a compiled step. */
export const bufferName = (buffer: string, weight: string): string => `${buffer}/${weight}`
