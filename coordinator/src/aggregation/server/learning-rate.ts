import type { ServerOptimiser } from './server-optimiser.ts'

/** Moves by the aggregate times a learning rate. */
export const learningRate = (serverLearningRate: number): ServerOptimiser => ({
  initial: [],
  step(change) {
    for (let c = 0; c < change.length; c += 1) change[c] = serverLearningRate * change[c]!
  },
})

/** Moves by the aggregate itself. */
export const plain: ServerOptimiser = { initial: [], step: () => undefined }
