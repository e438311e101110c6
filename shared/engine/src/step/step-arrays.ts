import type { Signature } from '../program.ts'
import type { EncoderTraits } from './inspect-encoder.ts'
import type { SharedMap, SharedTensor } from './lanes/lane-messages.ts'
import { allocateBlock, allocateTensor, type SharedBlock } from './shared-block.ts'
import { gradientName, preparedName } from './step-programs.ts'

/** The arrays through which the stages of a step pass values to each other, allocated once. */
export interface StepArrays {
  /** By `preparedName`. */
  readonly prepared: SharedMap
  /** The inputs of the step, by name. */
  readonly inputs: SharedMap
  /** [N, D] */
  readonly features: SharedTensor
  /** The loss's gradient with respect to the features, [N, D]. */
  readonly cotangent: SharedTensor
  /** A block per lane with the gradients of the encoder's weights, by weight. */
  readonly encoderGradients: readonly SharedBlock[]
  /** The gradients of the loss's weights, by weight. */
  readonly lossGradients: SharedBlock
}

export function allocateArrays({
  shapes,
  encoder,
  rows,
  lanes,
  inputs,
}: {
  readonly shapes: ReadonlyMap<string, readonly number[]>
  readonly encoder: EncoderTraits
  readonly rows: number
  readonly lanes: number
  readonly inputs: Signature
}): StepArrays {
  const ofEncoder = [...shapes].filter(([name]) => encoder.weights.has(name))
  const ofLoss = [...shapes].filter(([name]) => !encoder.weights.has(name))
  const prepared = [...shapes].map(([name, dims]) => [preparedName(name), dims] as const)
  return {
    prepared: allocateBlock(prepared).tensors,
    inputs: allocateBlock(Object.entries(inputs)).tensors,
    features: allocateTensor([rows, encoder.dimension]),
    cotangent: allocateTensor([rows, encoder.dimension]),
    encoderGradients: Array.from({ length: lanes }, () => allocateBlock(ofEncoder)),
    lossGradients: allocateBlock(ofLoss),
  }
}

/** Every part of every weight's gradient, by `gradientName`. */
export function gradientParts({ encoderGradients, lossGradients }: StepArrays): SharedMap {
  const named = ({ tensors }: SharedBlock, part: number): [string, SharedTensor][] =>
    [...tensors].map(([name, tensor]) => [gradientName(name, part), tensor])
  return new Map([...encoderGradients.flatMap(named), ...named(lossGradients, 0)])
}
