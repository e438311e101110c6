/** The last pass of a fold: reads everything with its digests and gives out the next model, block by block. */
import { allFinite } from '@consilium/weights'
import { AverageNotFiniteError } from '../errors.ts'
import type { Block, BlockReader } from './blocks/block-reader.ts'
import type { Vector } from './blocks/read-request.ts'
import { addMoments, type Moments } from './kernels/add-moments.ts'
import { TILE, type Tile } from './kernels/tile.ts'
import { mixedRows, scaledRows, trimmedMean } from './kernels/trimmed-mean.ts'
import { weightedSum } from './kernels/weighted-sum.ts'
import { tilesOf } from './measure.ts'
import type { Combination } from './rules/rule.ts'
import { moveControl, type ControlStep } from './server/control-variate.ts'
import type { ServerOptimiser } from './server/server-optimiser.ts'

export interface CombineOptions {
  readonly reader: BlockReader
  readonly combination: Combination
  readonly scales: readonly number[]
  /** What is moved; absent: zeros. */
  readonly origin: Vector | undefined
  readonly updates: readonly Vector[]
  readonly server: ServerOptimiser
  /** What the server optimiser kept of the last round; absent before there was one. */
  readonly state: Vector | undefined
  /** Moves what is kept, in place of the server optimiser. */
  readonly control?: ControlStep | undefined
  /** Takes the next values of the parameters and of the state; both are overwritten by the next block's. */
  readonly write: (model: Float32Array, state: Float32Array) => void
}

/** Throws AVERAGE_NOT_FINITE, and BLOB_CORRUPT for a file too short: digests are the caller's to verify afterwards. */
export async function combineBlocks(options: CombineOptions): Promise<Moments> {
  const { reader, origin, updates, server, state, write } = options
  const n = updates.length
  const moments = { squares: new Float64Array(n), dots: new Float64Array(n), aggregateSquare: 0 }
  const width = server.initial.length
  const model = new Float32Array(reader.stride)
  const kept = new Float32Array(reader.stride * width)
  const fold = createBlockFold(options, moments)
  const vectors = [origin, ...updates, state].filter((vector) => vector !== undefined)
  for await (const block of reader.pass(vectors, { digest: true })) {
    const next = {
      model: model.subarray(0, block.count),
      kept: kept.subarray(0, block.count * width),
    }
    fold(block, next)
    if (!allFinite(next.model) || !allFinite(next.kept)) throw new AverageNotFiniteError()
    write(next.model, next.kept)
  }
  if (!allFinite(moments.squares)) throw new AverageNotFiniteError()
  return moments
}

interface NextBlock {
  readonly model: Float32Array
  /** The server optimiser's. */
  readonly kept: Float32Array
}

function createBlockFold(
  { combination, scales, origin, updates, server, state, control }: CombineOptions,
  moments: Moments,
): (block: Block, next: NextBlock) => void {
  const before = origin === undefined ? 0 : 1
  const width = server.initial.length
  const combine = createCombine(combination, updates.length)
  return (block, { model, kept }) => {
    const { values, stride } = block
    const stateAt = stride * (before + updates.length)
    if (state === undefined) fill(kept, server.initial)
    else kept.set(values.subarray(stateAt, stateAt + kept.length))
    for (const tile of tilesOf(block, { before, scales })) {
      const { offset, count } = tile
      const step = tile.memory.sums.subarray(0, count)
      combine(tile)
      addMoments(tile, moments)
      const keptOfTile = kept.subarray(offset * width, (offset + count) * width)
      server.step(step, keptOfTile)
      if (origin === undefined) model.set(step, offset)
      else addTo(values.subarray(offset, offset + count), step, model.subarray(offset))
      if (control !== undefined) moveControl(tile, control, keptOfTile)
    }
  }
}

/** Works out the aggregate of a tile, in the memory's sums. */
function createCombine(combination: Combination, n: number): (tile: Tile) => void {
  if (combination.kind === 'weighted-sum') {
    return (tile) => {
      weightedSum(tile, combination.weights)
    }
  }
  const { drop, mixtures } = combination
  const rows = new Float64Array(n * TILE)
  return (tile) => {
    if (mixtures === undefined) scaledRows(tile, rows)
    else mixedRows(tile, mixtures, rows)
    trimmedMean(rows, { n, drop }, tile.memory.sums.subarray(0, tile.count))
  }
}

function addTo(base: Float32Array, change: Float64Array, model: Float32Array): void {
  for (let c = 0; c < change.length; c += 1) model[c] = base[c]! + change[c]!
}

function fill(state: Float32Array, initial: readonly number[]): void {
  for (let i = 0; i < state.length; i += 1) state[i] = initial[i % initial.length]!
}
