import { tf } from '../tf.ts'
import type { ModelCache } from '../cache/model-cache.ts'
import type { DumpModel } from './dump-model.ts'
import type { Lane } from './lanes/lane.ts'
import type { SharedMap, SharedTensor } from './lanes/lane-messages.ts'
import { byOnnxName, loadModel } from './load-model.ts'
import { programModel } from './program-model.ts'
import type { LoadedPieces, ShardOptions } from './shard-pieces.ts'
import { allocateBlock, allocateTensor, type SharedBlock } from './shared-block.ts'
import { COTANGENT, FEATURES, gradientName } from './step-programs.ts'
import { SAMPLES } from './whole-step.ts'

/** The arrays of one micro-batch at a time, on one lane, and what runs on them. */
export interface Slot {
  /** [n, ...] */
  readonly samples: SharedTensor
  /** [n, D] */
  readonly features: SharedTensor
  /** [n, D] */
  readonly cotangent: SharedTensor
  readonly forward: number
  /** Sets the lane's gradients. */
  readonly backward: number
  /** Adds to the lane's gradients; undefined if no lane has a second micro-batch. */
  readonly backwardAndAdd: readonly number[] | undefined
}

/** What a lane adds its micro-batches' gradients up with. */
export interface Adder {
  readonly scratch: SharedBlock
  /** Adds the scratch to the lane's gradients. */
  readonly binding: number
}

export async function createSlot(
  { shards, samples, arrays }: ShardOptions,
  { outputs, hoisted, forward, backward, carried }: LoadedPieces,
  { lane, adder }: { lane: number; adder: Adder | undefined },
): Promise<Slot> {
  const dimension = arrays.features.dims[1]!
  const slot = {
    samples: allocateTensor([shards.size, ...samples.slice(1)]),
    features: allocateTensor([shards.size, dimension]),
    cotangent: allocateTensor([shards.size, dimension]),
  }
  const kept = new Map([...carried].map(([name, dims]) => [name, allocateTensor(dims)]))
  const encodedName = outputs.get(FEATURES)!
  // The forward pass may write it in another shape than [n, D]: the values stand in the same order.
  const encodedDims = forward[lane]!.shapes.get(encodedName)!
  const encoded = [encodedName, { data: slot.features.data, dims: encodedDims }] as const
  const feeds = new Map([
    ...arrays.prepared,
    ...hoisted,
    ...kept,
    encoded,
    [SAMPLES, slot.samples],
    [COTANGENT, slot.cotangent],
  ])
  const bindBackward = ({ tensors }: SharedBlock): Promise<number> => {
    const named = [...tensors].map(([name, tensor]) => [gradientName(name), tensor] as const)
    return backward[lane]!.bind(feeds, byOnnxName(outputs, new Map(named)))
  }
  return {
    ...slot,
    forward: await forward[lane]!.bind(feeds, new Map([encoded, ...kept])),
    backward: await bindBackward(arrays.encoderGradients[lane]!),
    backwardAndAdd: adder && [await bindBackward(adder.scratch), adder.binding],
  }
}

interface AdderOptions {
  readonly total: SharedBlock
  readonly name: string
  readonly dump: DumpModel
  readonly models: ModelCache
}

/** total = total + scratch in place: the one node that reads a value is the one that writes it. */
export async function createAdder(
  lane: Lane,
  { total, name, dump, models }: AdderOptions,
): Promise<Adder> {
  const scratch = allocateBlock([...total.tensors].map(([name, { dims }]) => [name, dims]))
  const dims = [total.values.length]
  const model = await programModel(({ a, b }) => ({ sum: tf.add(a!, b!) }), { a: dims, b: dims })
  await dump(name, model)
  const { bind } = await loadModel(lane, { ...model, models })
  const [a, b] = [total, scratch].map(({ values }) => ({ data: values, dims }))
  const sum: SharedMap = new Map([['sum', a!]])
  const binding = await bind(
    new Map([
      ['a', a!],
      ['b', b!],
    ]),
    byOnnxName(model.outputs, sum),
  )
  return { scratch, binding }
}
