/** A fold of short vectors in memory, without files and threads. Tests only. */
import type { AggregationPlan, OptimiserPlan } from '@consilium/study'
import { aggregatorOf } from '../aggregation/aggregator.ts'
import type { Block, BlockReader } from '../aggregation/blocks/block-reader.ts'
import { combineBlocks } from '../aggregation/combine-blocks.ts'
import { TILE } from '../aggregation/kernels/tile.ts'
import { decide, scalesOf } from '../aggregation/measure.ts'
import type { UpdateFacts } from '../aggregation/rules/rule.ts'

export const sgd: OptimiserPlan = { name: 'sgd', learningRate: 1, momentum: 0, weightDecay: 0 }

export interface AggregateOptions {
  readonly facts?: readonly Partial<UpdateFacts>[]
  readonly optimiser?: OptimiserPlan
  /** Values of the server optimiser, parameter after parameter. */
  readonly state?: readonly number[]
}

/** What a model of zeros becomes, and what the server optimiser keeps. `updates` `[n][parameters]`. */
export async function aggregateVectors(
  plan: AggregationPlan,
  updates: readonly (readonly number[])[],
  { facts = [], optimiser = sgd, state }: AggregateOptions = {},
): Promise<{ model: number[]; state: number[] }> {
  const { rule, server } = aggregatorOf(plan, optimiser)
  const reader = memoryReader([...updates, ...(state ? [state] : [])], updates[0]!.length)
  const vectors = updates.map((_, file) => ({ file, before: 0, width: 1 }))
  const scales = await scalesOf(plan, { reader, updates: vectors })
  const conversation = rule(
    updates.map((_, i) => ({ samples: 1, steps: 1, freshness: 1, ...facts[i] })),
  )
  const combination = await decide(conversation, { reader, updates: vectors, scales })
  const next: { model: number[]; state: number[] } = { model: [], state: [] }
  await combineBlocks({
    ...{ reader, combination, scales, origin: undefined, updates: vectors, server },
    state: state && { file: updates.length, before: 0, width: server.initial.length },
    write(model, kept) {
      next.model.push(...model)
      next.state.push(...kept)
    },
  })
  return next
}

function memoryReader(files: readonly (readonly number[])[], count: number): BlockReader {
  return {
    stride: TILE,
    // eslint-disable-next-line @typescript-eslint/require-await -- as a reader of files is used
    async *pass(vectors): AsyncGenerator<Block> {
      const width = vectors.reduce((sum, vector) => sum + vector.width, 0)
      const values = new Float32Array(TILE * width)
      let place = 0
      for (const vector of vectors) {
        values.set(files[vector.file]!, place)
        place += TILE * vector.width
      }
      yield { values, stride: TILE, begin: 0, count }
    },
    verify: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}
