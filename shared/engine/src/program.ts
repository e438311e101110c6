import type { TensorFlow } from './tf.ts'

export type Tensors = Readonly<Record<string, TensorFlow.Tensor>>

/**
 * A pure function from named tensors to named tensors, written in TensorFlow.js ops (gradients included). It must not
 * read values, keep tensors or depend on anything but its inputs: it may run once, to be recorded, or every time.
 */
export type Program = (inputs: Tensors) => Tensors

/** Name and shape of every input; all are float32. */
export type Signature = Readonly<Record<string, readonly number[]>>
