/** The part of a step that runs on micro-batches: samples to features, and back from their gradient to the weights'. */
import { sizeOf } from '@consilium/weights'
import type { Lane } from './lanes/lane.ts'
import type { LoweredShards } from './lower-shards.ts'
import { loadPieces, type LoadedPieces, type ShardOptions } from './shard-pieces.ts'
import { createAdder, createSlot, type Slot } from './slot.ts'

/** Rows `start` to `start + count` of a batch of samples, [count, ...]. */
export type SampleSource = (start: number, count: number) => Float32Array | Promise<Float32Array>

export interface ShardStage {
  /** Whether the backward pass computes the activations again. */
  readonly recompute: boolean
  /** Digest of the lowerings chosen. */
  readonly lowerings: string
  /** Computes what depends on the weights alone; after every change of the prepared weights. */
  hoist(): Promise<void>
  /** Fills the features [N, D]. */
  forward(source: SampleSource): Promise<void>
  /** Reads the cotangent [N, D], fills the gradients of every lane. Asks for the samples again if it recomputes. */
  backward(source: SampleSource): Promise<void>
}

export async function createShardStage(
  options: ShardOptions,
  lowered: LoweredShards,
): Promise<ShardStage> {
  const { lanes } = options
  const pieces = await loadPieces(options, lowered)
  const slots = await createSlots(options, pieces)
  const copy = rowCopies(options)
  const each = microBatches(options, slots)
  return {
    recompute: pieces.recompute,
    lowerings: pieces.lowerings,
    async hoist() {
      await Promise.all(
        pieces.hoists.flatMap((binding, i) =>
          binding === undefined ? [] : [lanes[i]!.run([binding])],
        ),
      )
    },
    forward: (source) =>
      each({
        before: (k, slot) => copy.samplesIn(source, k, slot),
        async run(k, slot, lane) {
          await lane.run([slot.forward])
          copy.featuresOut(k, slot)
        },
      }),
    backward: (source) =>
      each({
        async before(k, slot) {
          copy.cotangentIn(k, slot)
          if (pieces.recompute) await copy.samplesIn(source, k, slot)
        },
        run: (k, slot, lane) => lane.run(k < lanes.length ? [slot.backward] : slot.backwardAndAdd!),
      }),
  }
}

/** Kept activations need a slot per micro-batch; else two per lane, so that one is filled while the other computes. */
async function createSlots(options: ShardOptions, pieces: LoadedPieces): Promise<Slot[]> {
  const { shards, lanes, arrays, dump, models } = options
  const adders = await Promise.all(
    shards.count > lanes.length
      ? lanes.map((lane, i) =>
          createAdder(lane, {
            total: arrays.encoderGradients[i]!,
            name: `add-${i}`,
            dump,
            models,
          }),
        )
      : [],
  )
  const length = pieces.recompute ? Math.min(shards.count, 2 * lanes.length) : shards.count
  return Promise.all(
    Array.from({ length }, (_, i) => {
      const lane = i % lanes.length
      return createSlot(options, pieces, { lane, adder: adders[lane] })
    }),
  )
}

/** Rows of a micro-batch between the batch's arrays and a slot's; a last one that is short is filled up with zeros. */
function rowCopies({ samples, shards, arrays: { features, cotangent } }: ShardOptions) {
  const [rows, ...sampleShape] = samples as [number, ...number[]]
  const sampleSize = sizeOf(sampleShape)
  const dimension = features.dims[1]!
  const rowsOf = (k: number): [start: number, count: number] => {
    const start = k * shards.size
    return [start, Math.min(shards.size, rows - start)]
  }
  return {
    async samplesIn(source: SampleSource, k: number, slot: Slot): Promise<void> {
      const [start, count] = rowsOf(k)
      slot.samples.data.set(await source(start, count))
      slot.samples.data.fill(0, count * sampleSize)
    },
    featuresOut(k: number, slot: Slot): void {
      const [start, count] = rowsOf(k)
      features.data.set(slot.features.data.subarray(0, count * dimension), start * dimension)
    },
    cotangentIn(k: number, slot: Slot): void {
      const [start, count] = rowsOf(k)
      const part = cotangent.data.subarray(start * dimension, (start + count) * dimension)
      slot.cotangent.data.set(part)
      slot.cotangent.data.fill(0, count * dimension)
    },
  }
}

interface Work {
  /** Fills the slot; it may wait for samples while the lanes compute. */
  readonly before: (k: number, slot: Slot) => Promise<void>
  readonly run: (k: number, slot: Slot, lane: Lane) => Promise<void>
}

/** Every micro-batch on its lane, in order, no earlier than its slot is free. */
const microBatches =
  ({ shards, lanes }: ShardOptions, slots: readonly Slot[]) =>
  async ({ before, run }: Work): Promise<void> => {
    const busy = new Map<Slot, Promise<void>>()
    try {
      for (let k = 0; k < shards.count; k += 1) {
        const slot = slots[k % slots.length]!
        await busy.get(slot)
        await before(k, slot)
        const running = run(k, slot, lanes[k % lanes.length]!)
        // It is awaited below, or before the slot is used again; until then its failure is no unhandled one.
        running.catch(() => undefined)
        busy.set(slot, running)
      }
      await Promise.all(busy.values())
    } finally {
      await Promise.allSettled(busy.values())
    }
  }
