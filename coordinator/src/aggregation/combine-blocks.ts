/** The last pass of a fold: reads everything with its digests and gives out the next model, block by block. */
import { AverageNotFiniteError } from '../errors.ts'
import type { Block, BlockReader } from './blocks/block-reader.ts'
import type { Vector } from './blocks/read-request.ts'
import { addMoments, type Moments } from './kernels/add-moments.ts'
import { TILE } from './kernels/tile.ts'
import { weightedSum } from './kernels/weighted-sum.ts'
import { tilesOf } from './measure.ts'
import type { Combination } from './rules/rule.ts'

export interface CombineOptions {
  readonly reader: BlockReader
  readonly combination: Combination
  readonly scales: readonly number[]
  /** What the aggregate is added to. */
  readonly origin: Vector
  readonly updates: readonly Vector[]
  /** The values it is given are overwritten by the next block's. */
  readonly write: (model: Float32Array) => void
}

/** Throws AVERAGE_NOT_FINITE, and BLOB_CORRUPT for a file too short: digests are the caller's to verify afterwards. */
export async function combineBlocks(options: CombineOptions): Promise<Moments> {
  const { reader, origin, updates, write } = options
  const n = updates.length
  const moments = { squares: new Float64Array(n), dots: new Float64Array(n), aggregateSquare: 0 }
  const model = new Float32Array(reader.stride)
  for await (const block of reader.pass([origin, ...updates], { digest: true })) {
    const next = model.subarray(0, block.count)
    combineBlock(options, { block, model: next, moments })
    if (!allFinite(next)) throw new AverageNotFiniteError()
    write(next)
  }
  return moments
}

function combineBlock(
  { combination, scales }: CombineOptions,
  { block, model, moments }: { block: Block; model: Float32Array; moments: Moments },
): void {
  const change = new Float64Array(TILE)
  for (const tile of tilesOf(block, { before: 1, scales })) {
    const { count, offset } = tile
    const aggregate = change.subarray(0, count)
    weightedSum(tile, combination.weights, aggregate)
    addMoments(tile, aggregate, moments)
    addTo(block.values.subarray(offset, offset + count), aggregate, model.subarray(offset))
  }
}

function addTo(base: Float32Array, change: Float64Array, model: Float32Array): void {
  for (let c = 0; c < change.length; c += 1) model[c] = base[c]! + change[c]!
}

/** x * 0 is NaN for what is not finite, and a sum keeps it. */
function allFinite(values: Float32Array): boolean {
  let probe = 0
  for (let c = 0; c < values.length; c += 1) probe += values[c]! * 0
  return probe === 0
}
