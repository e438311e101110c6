/**
 * FedAdagrad, FedYogi and FedAdam (Reddi et al. 2021, algorithm 2): `m <- beta1 m + (1 - beta1) aggregate`,
 * `x <- x + serverLearningRate m / (sqrt(v) + tau)`; they differ in how v follows the aggregate's square. As in the
 * paper, nothing corrects the bias of the first rounds, and v begins at tau^2, the least it allows.
 */
import type { ServerOptimiser } from './server-optimiser.ts'

interface AdaptiveOptions {
  readonly serverLearningRate: number
  readonly beta1: number
  readonly tau: number
}

/** The next v from the last one and the aggregate's square. */
type SecondMoment = (v: number, square: number) => number

export function adaptive(
  { serverLearningRate, beta1, tau }: AdaptiveOptions,
  secondMoment: SecondMoment,
): ServerOptimiser {
  return {
    initial: [0, tau * tau],
    step(change, state) {
      for (let c = 0; c < change.length; c += 1) {
        const aggregate = change[c]!
        const m = beta1 * state[2 * c]! + (1 - beta1) * aggregate
        const v = secondMoment(state[2 * c + 1]!, aggregate * aggregate)
        state[2 * c] = m
        state[2 * c + 1] = v
        change[c] = (serverLearningRate * m) / (Math.sqrt(v) + tau)
      }
    },
  }
}

export const adagrad: SecondMoment = (v, square) => v + square

export const yogi =
  (beta2: number): SecondMoment =>
  (v, square) =>
    v - (1 - beta2) * square * Math.sign(v - square)

export const adam =
  (beta2: number): SecondMoment =>
  (v, square) =>
    beta2 * v + (1 - beta2) * square
