import { chooseLowerings, type ChosenLowerings } from '../lowerings/choose-lowerings.ts'
import { blockSize } from '../onnx/block-size.ts'
import { directOutputs } from '../onnx/direct-outputs.ts'
import { lowerGraph, type LoweredGraph } from '../onnx/lower-graph.ts'
import { optimise } from '../passes/optimise.ts'
import type { Signature } from '../program.ts'
import { traceProgram } from '../trace/trace-program.ts'
import type { ShardOptions } from './shard-pieces.ts'
import { COTANGENT, encodeGradientProgram, preparedName } from './step-programs.ts'
import { SAMPLES } from './whole-step.ts'

export interface LoweredShards {
  readonly signature: Signature
  readonly lowered: LoweredGraph
  readonly chosen: ChosenLowerings
}

/** The program of a micro-batch, forward and backward, before it is cut. */
export async function lowerShards({
  step,
  weights,
  samples,
  shards,
  arrays,
  cache,
  provider,
  dump,
}: Omit<ShardOptions, 'lanes' | 'models'>): Promise<LoweredShards> {
  const names = weights.map(preparedName)
  const signature: Signature = {
    ...Object.fromEntries(names.map((name) => [name, arrays.prepared.get(name)!.dims])),
    [SAMPLES]: [shards.size, ...samples.slice(1)],
    [COTANGENT]: [shards.size, arrays.features.dims[1]!],
  }
  const graph = optimise(traceProgram(encodeGradientProgram(step, weights), signature))
  await dump('shard', { graph })
  const setting = {
    blockSize: await blockSize(provider),
    provider,
    runsPerStep: shards.count,
    cache,
  }
  const chosen = await chooseLowerings(graph, setting)
  return { signature, lowered: directOutputs(lowerGraph(graph, chosen.options)), chosen }
}
