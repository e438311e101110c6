/**
 * A training step in shards on worker threads ("lanes"), each with single-threaded sessions:
 *
 *   prepare weights -> encode micro-batches -> loss and its gradient on all features -> backward micro-batches
 *   -> sum of gradients and optimiser, weight by weight
 *
 * Activations are kept between the passes where they fit, else computed again: then a batch of any size needs the memory
 * of one micro-batch per lane (gradient caching, Gao et al. 2021). Both give the gradient of the whole batch. Lanes,
 * sizes and the order of every sum are fixed, so the same choice gives the same bits.
 */
import { assertSameSchema, type NamedArray, type NamedArrays } from '@consilium/weights'
import { createModelCache, noModelCache } from '../cache/model-cache.ts'
import { LaneEndedError } from '../errors.ts'
import { blockSize } from '../onnx/block-size.ts'
import type { Shapes } from '../onnx/encode-piece.ts'
import type { Signature } from '../program.ts'
import type { ProviderName } from '../runtimes/execution-provider.ts'
import type { CompiledStep, StepChoice } from './compile-step.ts'
import type { DumpModel } from './dump-model.ts'
import { withZeroBuffers } from './eager-step.ts'
import { inspectEncoder } from './inspect-encoder.ts'
import { openLane, type Lane } from './lanes/lane.ts'
import { lowerShards } from './lower-shards.ts'
import { createLossStage, type LossStage } from './loss-stage.ts'
import { planShards, type Shards } from './plan-shards.ts'
import type { ShardOptions } from './shard-pieces.ts'
import { createShardStage, type ShardStage } from './shard-stage.ts'
import { createStateStage, type StateStage } from './state-stage.ts'
import { allocateArrays, type StepArrays } from './step-arrays.ts'
import type { TrainingStep } from './training-step.ts'

export interface ShardedOptions {
  readonly step: TrainingStep
  readonly weights: NamedArrays
  /** [N, ...] */
  readonly samples: readonly number[]
  readonly inputs: Signature
  readonly threads: number
  readonly microBatch: number | undefined
  /** Bytes that activations kept between the passes may take. */
  readonly activationMemory: number
  /** Folder that keeps lowerings chosen and models optimised. */
  readonly cache: string
  /** Where ONNX Runtime's profiler writes: the beginning of a file name. */
  readonly profile: string | undefined
  /** Where ONNX Runtime computes; others than the CPU take one thread. */
  readonly provider: ProviderName
  readonly dump: DumpModel
}

interface Stages {
  readonly shards: Shards
  readonly arrays: StepArrays
  readonly state: StateStage
  readonly shard: ShardStage
  readonly loss: LossStage
}

export async function createShardedStep(options: ShardedOptions): Promise<CompiledStep> {
  const { step, weights, samples, threads, microBatch } = options
  const [rows, ...sampleShape] = samples as [number, ...number[]]
  const shapes = new Map([...weights].map(([name, { shape }]) => [name, shape]))
  const encoder = inspectEncoder(step, shapes, sampleShape)
  const { largestActivation } = encoder
  const shards = planShards({ rows, threads, microBatch, largestActivation })
  const { inputs } = options
  const arrays = allocateArrays({ shapes, encoder, rows, lanes: shards.lanes, inputs })
  const lanes = Array.from({ length: shards.lanes }, () => openLane(options.provider))
  const names = (isEncoder: boolean): string[] =>
    [...shapes.keys()].filter((name) => encoder.weights.has(name) === isEncoder)
  const models =
    options.provider === 'cpu'
      ? createModelCache(options.cache, `blocks of ${await blockSize()}`)
      : noModelCache
  try {
    const common = { ...options, lanes, models, shapes, shards, arrays }
    const stages = { shards, arrays, ...(await createStages(common, names)) }
    // The buffers are new, and so zero.
    await begin(stages, weights)
    return compiledStep(options, stages, () => closeAll(lanes))
  } catch (error) {
    await closeAll(lanes)
    throw error
  }
}

type StageOptions = Omit<ShardOptions, 'weights'> & { readonly shapes: Shapes } & Pick<
    ShardedOptions,
    'inputs'
  >

/** Together: the lanes load what is ready while the rest is recorded. The micro-batches' models come first, they load longest. */
async function createStages(
  options: StageOptions,
  names: (isEncoder: boolean) => string[],
): Promise<Pick<Stages, 'state' | 'shard' | 'loss'>> {
  const ofShards = { ...options, weights: names(true) }
  const lowered = await lowerShards(ofShards)
  const lane = options.lanes[0]!
  const creating = [
    createShardStage(ofShards, lowered),
    createStateStage(options),
    createLossStage({ ...options, lane, weights: names(false) }),
  ] as const
  // None goes on with lanes that are closed because another has failed.
  await Promise.allSettled(creating)
  const [shard, state, loss] = await Promise.all(creating)
  return { shard, state, loss }
}

function compiledStep(
  { step, weights, provider }: ShardedOptions,
  stages: Stages,
  dispose: () => Promise<void>,
): CompiledStep {
  const { arrays, state, shard, loss } = stages
  /** Why the state is half old and half new: an update that did not finish. */
  let lost: unknown
  return {
    choice: choiceOf(provider, stages),
    async run(source, inputs) {
      if (lost !== undefined) throw new LaneEndedError(lost)
      for (const [name, data] of Object.entries(inputs)) arrays.inputs.get(name)!.data.set(data)
      await shard.forward(source)
      const value = await loss.run()
      await shard.backward(source)
      try {
        await state.update()
        await shard.hoist()
      } catch (error) {
        lost = error
        throw error
      }
      return value
    },
    readWeights() {
      const values = state.readWeights()
      let offset = 0
      return new Map(
        [...weights].map(([name, { shape, data }]): [string, NamedArray] => {
          const own = values.subarray(offset, offset + data.length)
          offset += data.length
          return [name, { shape, data: own }]
        }),
      )
    },
    writeWeights(replacement) {
      assertSameSchema(replacement, weights, 'The weights of a compiled step')
      lost = undefined
      return begin(stages, withZeroBuffers(replacement, step.buffers))
    },
    readState: () => state.readAll(),
    writeState(replacement) {
      assertSameSchema(
        replacement,
        withZeroBuffers(weights, step.buffers),
        'The state of a compiled step',
      )
      lost = undefined
      return begin(stages, replacement)
    },
    dispose,
  }
}

const choiceOf = (provider: ProviderName, { shards, shard }: Stages): StepChoice => ({
  runtime: 'onnx',
  provider,
  lanes: shards.lanes,
  microBatches: shards.count,
  microBatch: shards.size,
  recompute: shard.recompute,
  lowerings: shard.lowerings,
})

async function begin({ state, shard }: Stages, values: NamedArrays): Promise<void> {
  for (const [name, { data }] of values) state.current().get(name)!.data.set(data)
  await state.prepare()
  await shard.hoist()
}

const closeAll = async (lanes: readonly Lane[]): Promise<void> => {
  await Promise.all(lanes.map((lane) => lane.close()))
}
