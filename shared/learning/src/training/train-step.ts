/** Network and optimiser as a step that the engine can cut into shards. */
import type { TrainingStep } from '@consilium/engine'
import type { OptimiserPlan } from '@consilium/study'
import { prepareWeight } from '../models/backbone.ts'
import { applyOptimiser, buffersOf } from '../optimisers/optimiser.ts'

/** What an objective brings: samples to features, and features to a loss. Weights come prepared (`prepareWeight`). */
export type Network = Pick<TrainingStep, 'encode' | 'loss'>

/** The optimiser's inputs, scalars: the learning rate, and which step it is since the optimiser began, from 1. */
export const optimiserInputs = { learningRate: [], step: [] } as const

export const trainStep = (network: Network, optimiser: OptimiserPlan): TrainingStep => ({
  ...network,
  prepare: prepareWeight,
  buffers: buffersOf(optimiser),
  update: ({ weight, gradient, buffers, inputs }) =>
    applyOptimiser(optimiser, {
      weight,
      gradient,
      buffers,
      learningRate: inputs['learningRate']!,
      step: inputs['step']!,
    }),
})
