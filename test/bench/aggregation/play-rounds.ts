/** A study of a synthetic federation from the first round to the last. */
import { aggregateVectors } from '@consilium/coordinator'
import { createStream } from '@consilium/random'
import type { AggregationPlan } from '@consilium/study'
import type { Attack } from './attacks.ts'
import type { SyntheticFederation } from './synthetic-federation.ts'

export interface PlayOptions {
  readonly federation: SyntheticFederation
  readonly plan: AggregationPlan
  readonly attack: Attack
  readonly sites: number
  /** The last ones of the sites. */
  readonly hostile: number
  readonly rounds: number
  readonly seed: number
}

/** The accuracy of the last model. */
export async function playRounds(options: PlayOptions): Promise<number> {
  const { federation, plan, attack, sites, hostile, rounds, seed } = options
  const facts = Array.from({ length: sites }, (_, i) => ({
    samples: i < sites - hostile ? 1 : (attack.claim ?? 1),
  }))
  let weights: Float64Array = new Float64Array(federation.parameters)
  let state: readonly number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const own = facts.map((_, i) => federation.update(i, weights))
    const honest = own.slice(0, sites - hostile)
    const updates = own.map((update, i) =>
      i < honest.length
        ? update
        : attack.send({ honest, own: update, stream: createStream(seed, attack.name, round, i) }),
    )
    const next = await aggregateVectors(plan, updates, {
      facts,
      ...(state.length > 0 && { state }),
    })
    weights = weights.map((value, c) => value + next.model[c]!)
    state = next.state
  }
  return federation.accuracy(weights)
}
