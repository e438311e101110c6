/** Every rule against every attack: what is left of the accuracy. */
import type { AggregationPlan } from '@consilium/study'
import { attacks, type Attack } from './attacks.ts'
import { playRounds } from './play-rounds.ts'
import { createSyntheticFederation } from './synthetic-federation.ts'

export interface AttackTable {
  readonly sites: number
  readonly hostile: number
  readonly rounds: number
  /** Federations drawn for each cell. */
  readonly seeds: number
  /** Of the sites' classes (synthetic-federation.ts). */
  readonly alpha: number
  readonly rows: readonly AttackRow[]
}

export interface AttackRow {
  readonly plan: AggregationPlan
  /** Mean accuracy of the last model over the seeds, by the attack's name. */
  readonly accuracy: Readonly<Record<string, number>>
}

export interface AttackTableOptions {
  readonly plans?: readonly AggregationPlan[]
  readonly against?: readonly Attack[]
  readonly alpha: number
  readonly rounds?: number
  readonly seeds?: number
}

const SITES = 20
const HOSTILE = 4

const byzantine = HOSTILE
const uniform = { weighting: 'uniform' } as const
/** About the length of an honest update of the first round. */
const LENGTH = 1

export const attackedPlans: readonly AggregationPlan[] = [
  { rule: 'fedavg', weighting: 'samples' },
  { rule: 'fedavg', ...uniform },
  { rule: 'fedavg', ...uniform, maxNorm: LENGTH },
  { rule: 'fedadam', ...uniform, serverLearningRate: 0.1, beta1: 0.9, beta2: 0.99, tau: 0.01 },
  { rule: 'coordinate-median' },
  { rule: 'trimmed-mean', byzantine },
  { rule: 'krum', byzantine },
  { rule: 'multi-krum', byzantine, selected: SITES - HOSTILE - 2 },
  { rule: 'geometric-median', iterations: 8, smoothing: 1e-6 },
  { rule: 'centred-clipping', radius: LENGTH, iterations: 3 },
  { rule: 'nnm-trimmed-mean', byzantine },
]

export async function measureAttacks({
  plans = attackedPlans,
  against = attacks,
  alpha,
  rounds = 20,
  seeds = 3,
}: AttackTableOptions): Promise<AttackTable> {
  const federations = Array.from({ length: seeds }, (_, i) => ({
    ...{ seed: i + 1, federation: createSyntheticFederation({ sites: SITES, alpha, seed: i + 1 }) },
  }))
  const cell = async (plan: AggregationPlan, attack: Attack): Promise<number> => {
    let sum = 0
    for (const { seed, federation } of federations) {
      const cohort = { sites: SITES, hostile: HOSTILE }
      sum += await playRounds({ ...cohort, federation, plan, attack, rounds, seed })
    }
    return sum / seeds
  }
  const rows: AttackRow[] = []
  for (const plan of plans) {
    const accuracy: Record<string, number> = {}
    for (const attack of against) accuracy[attack.name] = await cell(plan, attack)
    rows.push({ plan, accuracy })
  }
  return { sites: SITES, hostile: HOSTILE, rounds, seeds, alpha, rows }
}
