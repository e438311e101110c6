import { tf, type TensorFlow } from '../tf.ts'
import type { Program, Signature, Tensors } from '../program.ts'
import type { Graph, Value } from './graph.ts'
import {
  asMissingKernel,
  createValue,
  RECORDING_BACKEND,
  registerRecordingBackend,
  valueOf,
  withRecording,
  type Recording,
} from './recording-backend.ts'

/** Runs the program once on the recording backend and returns what it did. Throws ENGINE_KERNEL_MISSING, ENGINE_TRACED_READ. */
export function traceProgram(program: Program, signature: Signature): Graph {
  registerRecordingBackend()
  const recording: Recording = { nodes: [], constants: new Map(), values: new WeakMap() }
  const inputs = new Map<string, Value>()
  const outputs = new Map<string, Value>()
  selectBackend(RECORDING_BACKEND)
  try {
    withRecording(recording, () => {
      tf.tidy(() => {
        const tensors: Record<string, TensorFlow.Tensor> = {}
        for (const [name, shape] of Object.entries(signature)) {
          const { value, dataId } = createValue(shape, 'float32')
          inputs.set(name, value)
          tensors[name] = tf
            .engine()
            .makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype: 'float32' })
        }
        for (const [name, tensor] of Object.entries(program(tensors)))
          outputs.set(name, valueOf(tensor))
      })
    })
  } catch (error) {
    throw asMissingKernel(error)
  } finally {
    selectBackend('cpu')
  }
  return { inputs, outputs, constants: recording.constants, nodes: recording.nodes }
}

/** Both backends are made without waiting, so the promise tfjs returns is settled when it returns. */
const selectBackend = (name: string): void => void tf.setBackend(name)

/** Runs the program eagerly, as tfjs runs any function; the caller owns the outputs. */
export const runEagerly = (program: Program, inputs: Tensors): Tensors =>
  tf.tidy(() => program(inputs) as Record<string, TensorFlow.Tensor>)
