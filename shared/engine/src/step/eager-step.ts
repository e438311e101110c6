import type { NamedArray, NamedArrays } from '@consilium/weights'
import { selectArrays } from '@consilium/weights'
import type { Signature } from '../program.ts'
import { createEagerExecutable } from '../runtimes/eager-runtime.ts'
import type { CompiledStep } from './compile-step.ts'
import { bufferName, type TrainingStep } from './training-step.ts'
import { LOSS, SAMPLES, wholeStep } from './whole-step.ts'

interface EagerOptions {
  readonly step: TrainingStep
  readonly weights: NamedArrays
  readonly samples: readonly number[]
  readonly inputs: Signature
  readonly backend: 'tensorflow' | 'reference'
}

/** A training step as one eager program over the whole batch. */
export function createEagerStep({
  step,
  weights,
  samples,
  inputs,
  backend,
}: EagerOptions): CompiledStep {
  const rows = samples[0]!
  const executable = createEagerExecutable({
    program: wholeStep(step, [...weights.keys()]),
    signature: { [SAMPLES]: samples, ...inputs },
    state: withZeroBuffers(weights, step.buffers),
    backend,
  })
  return {
    choice: {
      runtime: backend,
      lanes: 1,
      microBatches: 1,
      microBatch: rows,
      recompute: false,
      lowerings: '',
    },
    async run(source, values) {
      const outputs = await executable.run({ [SAMPLES]: await source(0, rows), ...values })
      return outputs[LOSS]![0]!
    },
    readWeights: () => selectArrays(executable.readState(), (name) => weights.has(name)),
    writeWeights(replacement) {
      executable.writeState(withZeroBuffers(replacement, step.buffers))
      return Promise.resolve()
    },
    readState: () => executable.readState(),
    writeState(state) {
      executable.writeState(state)
      return Promise.resolve()
    },
    dispose: () => executable.dispose(),
  }
}

/** Weights and an optimiser that has seen nothing: buffers of zeros. */
export function withZeroBuffers(weights: NamedArrays, buffers: readonly string[]): NamedArrays {
  const zeros = [...weights].flatMap(([name, { shape, data }]) =>
    buffers.map((buffer): [string, NamedArray] => [
      bufferName(buffer, name),
      { shape, data: new Float32Array(data.length) },
    ]),
  )
  return new Map([...weights, ...zeros])
}
