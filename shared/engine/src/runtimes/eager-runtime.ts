/** Runs a program as TensorFlow.js runs any function, on the native TensorFlow backend or on tfjs's CPU reference. */
import { assertSameSchema, type NamedArray, type NamedArrays } from '@consilium/weights'
import type { Executable } from '../compile.ts'
import { RuntimeUnavailableError } from '../errors.ts'
import type { Program, Signature } from '../program.ts'
import { tf, type TensorFlow } from '../tf.ts'
import { runEagerly } from '../trace/trace-program.ts'
import { loadNativeTensorFlow } from './native-tensorflow.ts'

interface EagerOptions {
  readonly program: Program
  readonly signature: Signature
  readonly state: NamedArrays
  readonly backend: 'tensorflow' | 'reference'
}

export function createEagerExecutable({
  program,
  signature,
  state,
  backend,
}: EagerOptions): Executable {
  if (backend === 'tensorflow') assertNativeTensorFlow()
  const tfBackend = backend === 'reference' ? 'cpu' : 'tensorflow'
  let current = state

  const run: Executable['run'] = async (inputs) => {
    await tf.setBackend(tfBackend)
    const tensors = Object.fromEntries([
      ...Object.entries(inputs).map(
        ([name, data]) => [name, tf.tensor(data, [...signature[name]!])] as const,
      ),
      ...[...current].map(
        ([name, { shape, data }]) => [name, tf.tensor(data, [...shape])] as const,
      ),
    ])
    const outputs = runEagerly(program, tensors)
    const read = (name: string): Float32Array =>
      (outputs[name] as TensorFlow.Tensor).dataSync<'float32'>().slice()
    current = new Map(
      [...current].map(([name, kept]): [string, NamedArray] => [
        name,
        name in outputs ? { shape: kept.shape, data: read(name) } : kept,
      ]),
    )
    const names = Object.keys(outputs).filter((name) => !state.has(name))
    const results = Object.fromEntries(names.map((name) => [name, read(name)]))
    tf.dispose([tensors, outputs])
    return results
  }

  return {
    run,
    readState: () => current,
    writeState(replacement) {
      assertSameSchema(replacement, state, 'The state of a compiled program')
      current = replacement
    },
    dispose: () => Promise.resolve(),
  }
}

function assertNativeTensorFlow(): void {
  const native = loadNativeTensorFlow()
  if (!native.loaded) {
    throw new RuntimeUnavailableError({ runtime: 'tensorflow', reason: native.reason })
  }
}
