/** A fold of vectors in memory, without files and threads: for simulations and tests. The arithmetic is a round's. */
import type { AggregationPlan, OptimiserPlan } from '@consilium/study'
import { aggregatorOf } from './aggregator.ts'
import type { Block, BlockReader } from './blocks/block-reader.ts'
import { combineBlocks } from './combine-blocks.ts'
import type { ControlFacts } from './fold-request.ts'
import { TILE } from './kernels/tile.ts'
import { createVectorMemory } from './kernels/vector-memory.ts'
import { decide, scalesOf } from './measure.ts'
import type { UpdateFacts } from './rules/rule.ts'
import { controlOf } from './server/control-variate.ts'

export interface AggregateOptions {
  /** Absent: one image, one step, fresh. */
  readonly facts?: readonly Partial<UpdateFacts>[]
  /** The sites' own; absent: SGD without momentum. */
  readonly optimiser?: OptimiserPlan
  /** Values of the server optimiser, parameter after parameter; absent before the first round. */
  readonly state?: ArrayLike<number>
  /** For SCAFFOLD. */
  readonly control?: ControlFacts
}

const sgd: OptimiserPlan = { name: 'sgd', learningRate: 1, momentum: 0, weightDecay: 0 }

/** What a model of zeros becomes, and what the server optimiser keeps. `updates` `[n][parameters]`. */
export async function aggregateVectors(
  plan: AggregationPlan,
  updates: readonly ArrayLike<number>[],
  { facts: given = [], optimiser = sgd, state, control }: AggregateOptions = {},
): Promise<{ model: number[]; state: number[] }> {
  const { rule, server } = aggregatorOf(plan, optimiser)
  const reader = memoryReader([...updates, ...(state ? [state] : [])], updates[0]!.length)
  const vectors = updates.map((_, file) => ({ file, width: 1 }))
  const scales = await scalesOf(plan, { reader, updates: vectors })
  const facts = updates.map((_, i) => ({ samples: 1, steps: 1, freshness: 1, ...given[i] }))
  const combination = await decide(rule(facts), { reader, updates: vectors, scales })
  const next: { model: number[]; state: number[] } = { model: [], state: [] }
  await combineBlocks({
    ...{ reader, combination, scales, origin: undefined, updates: vectors, server },
    control: controlOf({
      aggregation: plan,
      optimiser,
      updates: facts,
      ...(control && { control }),
    }),
    state: state && { file: updates.length, width: server.initial.length },
    write(model, kept) {
      next.model.push(...model)
      next.state.push(...kept)
    },
  })
  return next
}

function memoryReader(files: readonly ArrayLike<number>[], parameters: number): BlockReader {
  const arrays = files.map((values) => Float32Array.from(values))
  return {
    stride: TILE,
    // eslint-disable-next-line @typescript-eslint/require-await -- as a reader of files is used
    async *pass(vectors): AsyncGenerator<Block> {
      const length = TILE * vectors.reduce((sum, { width }) => sum + width, 0)
      const memory = createVectorMemory({ slots: 1, length })
      const values = memory.slots[0]!
      for (let begin = 0; begin < parameters; begin += TILE) {
        const count = Math.min(TILE, parameters - begin)
        let place = 0
        for (const { file, width } of vectors) {
          const from = begin * width
          values.set(arrays[file]!.subarray(from, from + count * width), place)
          place += TILE * width
        }
        yield { values, stride: TILE, begin, count, memory }
      }
    },
    verify: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}
