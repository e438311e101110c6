import type { ServerOptimiser } from './server-optimiser.ts'

interface MomentumOptions {
  readonly serverLearningRate: number
  readonly momentum: number
}

/** FedAvgM (Hsu et al. 2019, section 3): `v <- momentum v + aggregate`, `x <- x + serverLearningRate v`. */
export const serverMomentum = ({
  serverLearningRate,
  momentum,
}: MomentumOptions): ServerOptimiser => ({
  initial: [0],
  step(change, state) {
    for (let c = 0; c < change.length; c += 1) {
      state[c] = momentum * state[c]! + change[c]!
      change[c] = serverLearningRate * state[c]!
    }
  },
})
