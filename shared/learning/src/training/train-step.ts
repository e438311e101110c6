/** Network and optimiser as a step that the engine can cut into shards. */
import { tf, type Signature, type TrainingStep } from '@consilium/engine'
import type { OptimiserPlan } from '@consilium/study'
import type { Schema } from '@consilium/weights'
import { prepareWeight } from '../models/backbone.ts'
import { applyOptimiser, buffersOf } from '../optimisers/optimiser.ts'

/** What an objective brings: samples to features, and features to a loss. Weights come prepared (`prepareWeight`). */
export type Network = Pick<TrainingStep, 'encode' | 'loss'>

/** The optimiser's inputs, scalars: the learning rate, and which step it is since the optimiser began, from 1. */
export const optimiserInputs = { learningRate: [], step: [] } as const

/** The input of a weight's shape that is added to its gradient before the optimiser sees it. */
export const correctionName = (weight: string): string => `correction/${weight}`

/** With these inputs a step corrects its gradients (SCAFFOLD's c - c_i), with none it does not. */
export const correctionInputs = (weights: Schema): Signature =>
  Object.fromEntries([...weights].map(([name, { shape }]) => [correctionName(name), shape]))

export const trainStep = (network: Network, optimiser: OptimiserPlan): TrainingStep => ({
  ...network,
  prepare: prepareWeight,
  buffers: buffersOf(optimiser),
  update({ name, weight, gradient, buffers, inputs }) {
    const correction = inputs[correctionName(name)]
    return applyOptimiser(optimiser, {
      weight,
      gradient: correction === undefined ? gradient : tf.add(gradient, correction),
      buffers,
      learningRate: inputs['learningRate']!,
      step: inputs['step']!,
    })
  },
})
