/** `compile` turns a program into something that runs on this machine's best runtime. */
import type { NamedArrays } from '@consilium/weights'
import { assertArray } from './assert-array.ts'
import { DisposedError, InvalidInputError } from './errors.ts'
import type { Program, Signature } from './program.ts'
import { createEagerExecutable } from './runtimes/eager-runtime.ts'
import { usableProvider, type OnNotice, type ProviderName } from './runtimes/execution-provider.ts'
import { inTurn } from './runtimes/in-turn.ts'
import { createOnnxExecutable } from './runtimes/onnx-runtime.ts'

/**
 * `onnx`: recorded once, run by ONNX Runtime (the default). `tensorflow`: eager on tfjs-node-gpu or tfjs-node, where
 * their native library loads. `reference`: eager on tfjs's own CPU backend, slow; the parity tests compare with it.
 */
export type RuntimeName = 'onnx' | 'tensorflow' | 'reference'

export interface CompileOptions {
  readonly runtime?: RuntimeName
  /** Threads inside one operator (onnx only). The same number gives the same bits. */
  readonly threads?: number
  /** ONNX Runtime's execution provider (onnx only). Where it cannot be used, the CPU's is, and `onNotice` hears of it. */
  readonly provider?: ProviderName
  /** By default a line on stderr. */
  readonly onNotice?: OnNotice
  /** First values of the carried state: inputs that the program also returns, under the same names. */
  readonly state?: NamedArrays
}

export interface Executable {
  /**
   * Runs once, after the runs begun before. Arrays are float32; the outputs named in the state are kept, the others
   * returned. Throws ENGINE_INVALID_INPUT, ENGINE_DISPOSED, ENGINE_OUT_OF_MEMORY, ENGINE_RUNTIME_FAILED.
   */
  run(
    inputs: Readonly<Record<string, Float32Array>>,
  ): Promise<Readonly<Record<string, Float32Array>>>
  /** A copy of the carried state as it is after the last run. */
  readState(): NamedArrays
  /** Replaces the carried state: same names, same shapes. */
  writeState(state: NamedArrays): void
  /** Waits for the runs that were begun; again, it does nothing. */
  dispose(): Promise<void>
}

/** Compiles `program`; `signature` gives the shapes of the inputs that are passed to every run. */
export async function compile(
  program: Program,
  signature: Signature,
  {
    runtime = 'onnx',
    threads = 1,
    provider = 'cpu',
    onNotice,
    state = new Map(),
  }: CompileOptions = {},
): Promise<Executable> {
  const executable =
    runtime === 'onnx'
      ? await createOnnxExecutable({
          program,
          signature,
          state,
          threads,
          provider: await usableProvider(provider, onNotice),
        })
      : createEagerExecutable({ program, signature, state, backend: runtime })
  const queue = inTurn()
  let disposed: Promise<void> | undefined
  return {
    ...executable,
    run(inputs) {
      if (disposed !== undefined) throw new DisposedError()
      assertInputs(inputs, signature)
      return queue(() => executable.run(inputs))
    },
    dispose() {
      disposed ??= queue(() => executable.dispose())
      return disposed
    },
  }
}

function assertInputs(inputs: Readonly<Record<string, Float32Array>>, signature: Signature): void {
  for (const [name, shape] of Object.entries(signature)) assertArray(name, inputs[name], shape)
  const unknown = Object.keys(inputs).find((name) => !(name in signature))
  if (unknown !== undefined) {
    throw new InvalidInputError({
      name: unknown,
      came: 'given',
      expected: `only ${Object.keys(signature).join(', ')}`,
    })
  }
}
