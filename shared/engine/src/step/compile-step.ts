/** `compileStep` turns a training step into something that trains on this machine, in shards across its cores. */
import { types } from 'node:util'
import { sizeOf, type NamedArrays } from '@consilium/weights'
import { assertArray, typeOf } from '../assert-array.ts'
import type { RuntimeName } from '../compile.ts'
import { InvalidInputError } from '../errors.ts'
import { defaultCache } from '../cache/default-cache.ts'
import type { Signature } from '../program.ts'
import { usableProvider, type OnNotice, type ProviderName } from '../runtimes/execution-provider.ts'
import { inTurn } from '../runtimes/in-turn.ts'
import { dumpInto } from './dump-model.ts'
import { createEagerStep } from './eager-step.ts'
import type { SampleSource } from './shard-stage.ts'
import { createShardedStep } from './sharded-step.ts'
import type { TrainingStep } from './training-step.ts'

export type { SampleSource } from './shard-stage.ts'

export interface StepOptions {
  /** First values of the weights. */
  readonly weights: NamedArrays
  /** Shape of a whole batch of samples, [N, ...]. */
  readonly samples: readonly number[]
  /** The other inputs of the loss and the optimiser, e.g. `{ learningRate: [] }`. */
  readonly inputs: Signature
  readonly runtime?: RuntimeName
  /** Threads to compute on. The same number gives the same bits. */
  readonly threads?: number
  /** ONNX Runtime's execution provider (onnx only). Where it cannot be used, the CPU's is, and `onNotice` hears of it. */
  readonly provider?: ProviderName
  /** By default a line on stderr. */
  readonly onNotice?: OnNotice
  /** Samples per micro-batch; by default as many as fit a core's cache. */
  readonly microBatch?: number
  /** Bytes that activations may take between the forward and the backward pass; beyond it they are computed twice. */
  readonly activationMemory?: number
  /** Folder that keeps what was measured on this machine; the user's cache folder if absent. */
  readonly cache?: string
  /** Where ONNX Runtime's profiler writes: the beginning of a file name. */
  readonly profile?: string
  /** Folder that the models and their graphs are written to, for people to look at (onnx only). */
  readonly dump?: string
}

/** How a step was cut; results are the same bits for the same choice. */
export interface StepChoice {
  readonly runtime: RuntimeName
  /** ONNX Runtime's execution provider; absent in other runtimes. */
  readonly provider?: ProviderName
  readonly lanes: number
  readonly microBatches: number
  /** Samples of each. */
  readonly microBatch: number
  /** Whether activations are computed again in the backward pass (gradient caching). */
  readonly recompute: boolean
  /** Digest of the operators chosen by measurement. */
  readonly lowerings: string
}

/** Calls may overlap: each begins when the one before it has finished. */
export interface CompiledStep {
  readonly choice: StepChoice
  /**
   * One optimiser step over the batch; returns the loss before it. `samples(start, count)` gives rows of the batch,
   * [count, ...], in ascending order, and once more in the same order if `choice.recompute`: it must give the same again.
   */
  run(samples: SampleSource, inputs: Readonly<Record<string, Float32Array>>): Promise<number>
  /** A copy of the weights as they are after the last step (onnx: views of one array, in the order they were given). */
  readWeights(): NamedArrays
  /** Replaces the weights and begins with an optimiser that has seen nothing. */
  writeWeights(weights: NamedArrays): Promise<void>
  /** A copy of all that the next step depends on but its samples and inputs: the weights, and the optimiser's buffers as `bufferName` calls them. */
  readState(): NamedArrays
  /** Goes on from what `readState` gave: with the same choice, samples and inputs the next steps are the same bits. */
  writeState(state: NamedArrays): Promise<void>
  dispose(): Promise<void>
}

const GIB = 2 ** 30

export async function compileStep(
  step: TrainingStep,
  {
    weights,
    samples,
    inputs,
    runtime = 'onnx',
    threads = 1,
    provider: asked = 'cpu',
    onNotice,
    microBatch,
    activationMemory = GIB,
    cache = defaultCache(),
    profile,
    dump,
  }: StepOptions,
): Promise<CompiledStep> {
  assertOptions({ weights, samples, threads, ...(microBatch !== undefined && { microBatch }) })
  const provider = runtime === 'onnx' ? await usableProvider(asked, onNotice) : 'cpu'
  const compiled =
    runtime === 'onnx'
      ? await createShardedStep({
          step,
          weights,
          samples,
          inputs,
          // One session feeds another device; several would share it.
          threads: provider === 'cpu' ? threads : 1,
          provider,
          microBatch,
          activationMemory,
          cache,
          profile,
          dump: dumpInto(dump),
        })
      : createEagerStep({ step, weights, samples, inputs, backend: runtime })
  return inOrder({
    ...compiled,
    run(source, values) {
      assertInputs(values, inputs)
      return compiled.run(checked(source, samples), values)
    },
  })
}

/** Lets one call finish before the next begins: they share their arrays. */
function inOrder(step: CompiledStep): CompiledStep {
  const after = inTurn()
  return {
    ...step,
    run: (source, values) => after(() => step.run(source, values)),
    writeWeights: (weights) => after(async () => step.writeWeights(weights)),
    writeState: (state) => after(async () => step.writeState(state)),
    dispose: () => after(() => step.dispose()),
  }
}

function assertOptions({
  weights,
  samples,
  threads = 1,
  microBatch = 1,
}: Pick<StepOptions, 'weights' | 'samples' | 'threads' | 'microBatch'>): void {
  const counts = { threads, microBatch, 'rows of samples': samples[0] }
  for (const [name, count] of Object.entries(counts)) {
    if (count !== undefined && Number.isInteger(count) && count >= 1) continue
    throw new InvalidInputError({ name, came: String(count), expected: 'a whole number from 1' })
  }
  for (const [name, { shape, data }] of weights) {
    if (data.length === sizeOf(shape)) continue
    throw new InvalidInputError({
      name,
      came: `${data.length} values`,
      expected: `${sizeOf(shape)} of shape [${shape.join(', ')}]`,
    })
  }
}

/** Refuses samples of another size before they reach the network. */
const checked =
  (source: SampleSource, [, ...shape]: readonly number[]): SampleSource =>
  async (start, count) => {
    const rows = await source(start, count)
    if (!types.isFloat32Array(rows) || rows.length !== count * sizeOf(shape)) {
      throw new InvalidInputError({
        name: 'samples',
        came: `${types.isFloat32Array(rows) ? `${rows.length} values` : typeOf(rows)} for rows ${start} to ${start + count - 1}`,
        expected: `${count} x [${shape.join(', ')}] float32 values`,
      })
    }
    return rows
  }

function assertInputs(values: Readonly<Record<string, Float32Array>>, signature: Signature): void {
  for (const [name, shape] of Object.entries(signature)) assertArray(name, values[name], shape)
  for (const [name, data] of Object.entries(values)) {
    if (name in signature) continue
    throw new InvalidInputError({
      name,
      came: `${data.length} values`,
      expected: `only ${Object.keys(signature).join(', ')}`,
    })
  }
}
