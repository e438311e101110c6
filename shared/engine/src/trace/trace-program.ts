import { tf, type TensorFlow } from '../tf.ts'
import type { Program, Signature, Tensors } from '../program.ts'
import { withDeepStacks } from './call-site.ts'
import { collectOutputs, ignoreRejections } from './collect-outputs.ts'
import type { Graph, Value } from './graph.ts'
import {
  asMissingKernel,
  createValue,
  RECORDING_BACKEND,
  registerRecordingBackend,
  withRecording,
  type Recording,
} from './recording-backend.ts'

/**
 * Runs the program once on the recording backend and returns what it did. Throws ENGINE_KERNEL_MISSING,
 * ENGINE_TRACED_READ, ENGINE_DYNAMIC_SHAPE, ENGINE_OUTSIDE_TENSOR, ENGINE_INVALID_OUTPUT.
 */
export function traceProgram(program: Program, signature: Signature): Graph {
  registerRecordingBackend()
  const recording: Recording = {
    nodes: [],
    inputs: new Map(),
    constants: new Map(),
    values: new WeakMap(),
  }
  selectBackend(RECORDING_BACKEND)
  try {
    const outputs = withDeepStacks(() =>
      withRecording(recording, () => runRecorded(program, signature, recording)),
    )
    const { inputs, constants, nodes } = recording
    return { inputs, outputs, constants, nodes }
  } catch (error) {
    throw asMissingKernel(error)
  } finally {
    selectBackend('cpu')
  }
}

function runRecorded(
  program: Program,
  signature: Signature,
  recording: Recording,
): ReadonlyMap<string, Value> {
  let outputs: ReadonlyMap<string, Value> = new Map()
  tf.tidy(() => {
    const tensors: Record<string, TensorFlow.Tensor> = {}
    for (const [name, shape] of Object.entries(signature)) {
      const { value, dataId } = createValue(shape, 'float32')
      recording.inputs.set(name, value)
      tensors[name] = tf
        .engine()
        .makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype: 'float32' })
    }
    const result: unknown = program(tensors)
    ignoreRejections(result)
    if (recording.read !== undefined) throw recording.read
    outputs = collectOutputs(result)
  })
  return outputs
}

/** Both backends are made without waiting, so the promise tfjs returns is settled when it returns. */
const selectBackend = (name: string): void => void tf.setBackend(name)

/** Runs the program eagerly, as tfjs runs any function; the caller owns the outputs. */
export const runEagerly = (program: Program, inputs: Tensors): Tensors =>
  tf.tidy(() => program(inputs) as Record<string, TensorFlow.Tensor>)
