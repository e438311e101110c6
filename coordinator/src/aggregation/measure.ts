/** Passes over the updates that a rule asks for before it decides. */
import type { AggregationPlan } from '@consilium/study'
import type { Block, BlockReader } from './blocks/block-reader.ts'
import type { Vector } from './blocks/read-request.ts'
import { addDistancesTo } from './kernels/add-distances-to.ts'
import { addPairwiseDistances } from './kernels/add-pairwise-distances.ts'
import { TILE, type Tile } from './kernels/tile.ts'
import { weightedSum } from './kernels/weighted-sum.ts'
import type { Combination, Measurement, Rule } from './rules/rule.ts'

export interface MeasureDeps {
  readonly reader: BlockReader
  /** One of width 1 for every update. */
  readonly updates: readonly Vector[]
  readonly scales: readonly number[]
}

/** Carries on the conversation with a rule until it decides. */
export async function decide(
  conversation: ReturnType<Rule>,
  deps: MeasureDeps,
): Promise<Combination> {
  let turn = conversation.next()
  while (turn.done !== true) turn = conversation.next(await measure(turn.value, deps))
  return turn.value
}

/** What each update is multiplied by so that none is longer than the plan's `maxNorm` (norm bounding, Sun et al. 2019). */
export async function scalesOf(
  { maxNorm }: AggregationPlan,
  { reader, updates }: Omit<MeasureDeps, 'scales'>,
): Promise<readonly number[]> {
  const scales = updates.map(() => 1)
  if (maxNorm === undefined) return scales
  const point = updates.map(() => 0)
  const squares = await measure({ kind: 'distances-to', point }, { reader, updates, scales })
  return [...squares].map((square) => Math.min(1, maxNorm / Math.sqrt(square)))
}

export async function measure(
  measurement: Measurement,
  { reader, updates, scales }: MeasureDeps,
): Promise<Float64Array> {
  const n = updates.length
  const pairwise = measurement.kind === 'pairwise-distances'
  const total = new Float64Array(pairwise ? n * n : n)
  for await (const block of reader.pass(updates, { digest: false })) {
    for (const tile of tilesOf(block, { before: 0, scales })) {
      if (measurement.kind === 'pairwise-distances') addPairwiseDistances(tile, total)
      else {
        weightedSum(tile, measurement.point)
        addDistancesTo(tile, total)
      }
    }
  }
  return total
}

/** The updates' part of a block, cut into tiles. `before`: values per parameter that lie before the updates. */
export function* tilesOf(
  { values, stride, count, memory }: Block,
  { before, scales }: { before: number; scales: readonly number[] },
): Generator<Tile & { readonly offset: number }> {
  for (let offset = 0; offset < count; offset += TILE) {
    const first = before * stride + offset
    yield {
      ...{ values, first, stride, scales, offset, memory },
      count: Math.min(TILE, count - offset),
    }
  }
}
