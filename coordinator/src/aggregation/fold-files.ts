/**
 * One round's fold, from files to files: measures what the rule asks for, combines, moves the server optimiser on.
 * Updates are taken in the order of their site ids and sums in a fixed order in float64, so the order of arrival changes
 * no bit; nothing is held that is larger than a few blocks of every file.
 */
import { bytesOfFloats } from '@consilium/weights'
import { aggregatorOf, type Aggregator } from './aggregator.ts'
import { openBlockReader, type BlockReader, type Reading } from './blocks/block-reader.ts'
import { readHeader } from './blocks/read-header.ts'
import { combineBlocks } from './combine-blocks.ts'
import { contributionsOf } from './contributions.ts'
import type { FoldedFiles, FoldRequest, FoldTargets } from './fold-request.ts'
import { layoutOf, type Layout } from './layout.ts'
import { decide, scalesOf } from './measure.ts'
import { createModelWriter } from './model-writer.ts'
import { controlOf } from './server/control-variate.ts'
import { updateFacts } from './update-facts.ts'
import { widenHeader } from './widen-header.ts'

/**
 * Throws BLOB_CORRUPT and AVERAGE_NOT_FINITE; files it began are then the caller's to remove.
 * `reading`: what suits the files if absent.
 */
export async function foldFiles(
  unordered: FoldRequest,
  targets: FoldTargets,
  reading?: Reading,
): Promise<FoldedFiles> {
  const request = inOrder(unordered)
  const aggregator = aggregatorOf(request.aggregation, request.optimiser)
  const layout = layoutOf(request, aggregator.server.initial.length)
  const reader = openBlockReader({
    ...{ parameters: request.parameters, ...layout },
    ...(reading && { reading }),
  })
  try {
    const folded = await fold({ reader, layout, aggregator, request, targets })
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

interface FoldDeps {
  readonly reader: BlockReader
  readonly layout: Layout
  readonly aggregator: Aggregator
  readonly request: FoldRequest
  readonly targets: FoldTargets
}

async function fold(deps: FoldDeps): Promise<FoldedFiles> {
  const { reader, layout, aggregator, request, targets } = deps
  const { updates, stateWidth } = layout
  const scales = await scalesOf(request.aggregation, { reader, updates })
  const facts = updateFacts(request)
  const combination = await decide(aggregator.rule(facts), { reader, updates, scales })
  const header = readHeader(request.base, request.parameters)
  const model = createModelWriter(targets.model)
  model.append(header)
  const state = stateWidth === 0 ? undefined : createModelWriter(targets.state)
  state?.append(widenHeader(header, stateWidth))
  const moments = await combineBlocks({
    ...{ reader, combination, scales, origin: layout.base, updates, server: aggregator.server },
    ...{ state: layout.state, control: controlOf(request) },
    write(values, kept) {
      model.append(bytesOfFloats(values))
      state?.append(bytesOfFloats(kept))
    },
  })
  return {
    model: model.finish(),
    ...(state !== undefined && { state: state.finish() }),
    contributions: contributionsOf(request, combination, moments),
  }
}
