/**
 * One round's fold, from files to files: measures what the rule asks for, combines, moves the server optimiser on.
 * Updates are taken in the order of their site ids and sums in a fixed order in float64, so the order of arrival changes
 * no bit; nothing is held that is larger than a few blocks of every file.
 */
import { bytesOfFloats } from '@consilium/weights'
import { aggregatorOf } from './aggregator.ts'
import { openBlockReader, type BlockReader } from './blocks/block-reader.ts'
import { readHeader } from './blocks/read-header.ts'
import type { VectorFile } from './blocks/read-request.ts'
import { combineBlocks } from './combine-blocks.ts'
import type { Contribution, FoldedFiles, FoldRequest, FoldTargets } from './fold-request.ts'
import type { Moments } from './kernels/add-moments.ts'
import { decide, normScales } from './measure.ts'
import { createModelWriter } from './model-writer.ts'
import type { Combination } from './rules/rule.ts'
import { updateFacts } from './update-facts.ts'

/** Throws BLOB_CORRUPT and AVERAGE_NOT_FINITE; files it began are then left to the caller. */
export async function foldFiles(
  unordered: FoldRequest,
  targets: FoldTargets,
): Promise<FoldedFiles> {
  const request = inOrder(unordered)
  const reader = openBlockReader({
    parameters: request.parameters,
    files: filesOf(request),
    width: 1 + request.updates.length,
  })
  try {
    const folded = await fold(reader, request, targets)
    await reader.verify()
    return folded
  } finally {
    await reader.close()
  }
}

/** By site id, code unit by code unit: the same on every machine. */
const inOrder = (request: FoldRequest): FoldRequest => ({
  ...request,
  updates: [...request.updates].sort((a, b) => (a.site < b.site ? -1 : 1)),
})

const filesOf = ({ base, updates }: FoldRequest): readonly VectorFile[] =>
  [base, ...updates].map(({ path, sha256 }) => ({ path, sha256, valuesPerParameter: 1 }))

async function fold(
  reader: BlockReader,
  request: FoldRequest,
  targets: FoldTargets,
): Promise<FoldedFiles> {
  const { aggregation, base, parameters } = request
  const { rule } = aggregatorOf(aggregation)
  const updates = request.updates.map((_, i) => ({ file: 1 + i, before: 0, width: 1 }))
  const unscaled = updates.map(() => 1)
  const { maxNorm } = aggregation
  const scales =
    maxNorm === undefined
      ? unscaled
      : await normScales(maxNorm, { reader, updates, scales: unscaled })
  const combination = await decide(rule(updateFacts(request)), { reader, updates, scales })
  const model = createModelWriter(targets.model)
  model.append(readHeader(base, parameters))
  const origin = { file: 0, before: 0, width: 1 }
  const moments = await combineBlocks({
    ...{ reader, combination, scales, origin, updates },
    write: (block) => {
      model.append(bytesOfFloats(block))
    },
  })
  return { model: model.finish(), contributions: contributionsOf(request, combination, moments) }
}

function contributionsOf(
  { updates }: FoldRequest,
  combination: Combination,
  { squares, dots, aggregateSquare }: Moments,
): readonly Contribution[] {
  return updates.map(({ site }, i) => {
    const norm = Math.sqrt(squares[i]!)
    const product = norm * Math.sqrt(aggregateSquare)
    return {
      site,
      weight: combination.weights[i]!,
      norm,
      cosine: product === 0 ? 0 : dots[i]! / product,
    }
  })
}
