/**
 * SCAFFOLD at the coordinator (Karimireddy et al. 2020, arXiv 1910.06378, algorithm 1, lines 16 and 17). With option II the
 * change of a site's control variate is `-c - update / reach`: what the coordinator has says it all, so sites need not
 * send it. Then `c <- c + sum_S (-c - update_i / reach_i) / N`.
 */
import { reachOf } from '@consilium/learning/control-variate'
import type { FoldRequest } from '../fold-request.ts'
import type { Tile } from '../kernels/tile.ts'
import { weightedSum } from '../kernels/weighted-sum.ts'
import { learningRate } from './learning-rate.ts'
import type { ServerOptimiser } from './server-optimiser.ts'

/** Moves by the aggregate times a learning rate; what is kept is c, which `moveControl` changes. */
export const withControl = (serverLearningRate: number): ServerOptimiser => ({
  ...learningRate(serverLearningRate),
  initial: [0],
})

/** `c <- keep c + sum_i weights_i update_i`. */
export interface ControlStep {
  readonly keep: number
  readonly weights: readonly number[]
}

type ControlRequest = Pick<FoldRequest, 'aggregation' | 'optimiser' | 'control'> & {
  readonly updates: readonly { readonly steps: number }[]
}

/** Undefined for every other rule. A claim of no step at all counts as one. */
export function controlOf(request: ControlRequest): ControlStep | undefined {
  const { aggregation, optimiser, updates, control } = request
  if (aggregation.rule !== 'scaffold') return undefined
  if (control === undefined) throw new Error('internal: SCAFFOLD without what c depends on')
  const { sites, round, schedule } = control
  const reaches = new Map<number, number>()
  for (const steps of new Set(updates.map((update) => Math.max(1, update.steps))))
    reaches.set(steps, reachOf({ optimiser, schedule }, { round, steps }))
  return {
    keep: 1 - updates.length / sites,
    weights: updates.map(({ steps }) => -1 / (sites * reaches.get(Math.max(1, steps))!)),
  }
}

/** The updates count as they came, also where their norms are bounded: a site moves its own control variate by them. */
export function moveControl(
  tile: Tile,
  { keep, weights }: ControlStep,
  control: Float32Array,
): void {
  weightedSum({ ...tile, scales: weights.map(() => 1) }, weights)
  const { sums } = tile.memory
  for (let c = 0; c < control.length; c += 1) control[c] = keep * control[c]! + sums[c]!
}
