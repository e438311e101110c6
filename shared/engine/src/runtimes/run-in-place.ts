/**
 * Runs a session into preallocated outputs, and only into them.
 *
 * onnxruntime-node 1.30 writes preallocated outputs in place but then also copies every output into a new array, which
 * costs more than most training steps write. It converts outputs in order and refuses one that is not a tensor, so a
 * first output that is an empty sequence ends the conversion before anything is copied. A version that no longer
 * copies, or that can convert sequences, runs the same model with the same result.
 */
import type * as OnnxRuntime from 'onnxruntime-node'
import type { OnnxNode } from '../onnx/graph-writer.ts'

export const DONE = 'step:done'

/** The node and the output that a model needs first to be run in place: TensorProto.FLOAT = 1. */
export const doneNode: OnnxNode = {
  opType: 'SequenceEmpty',
  input: [],
  output: [DONE],
  attribute: [{ name: 'dtype', i: 1, type: 2 }],
}
export const doneOutput: Readonly<Record<string, unknown>> = {
  name: DONE,
  type: { sequenceType: { elemType: { tensorType: { elemType: 1 } } } },
}

export type OnnxTensors = Readonly<Record<string, OnnxRuntime.Tensor>>

export async function runInPlace(
  session: OnnxRuntime.InferenceSession,
  feeds: OnnxTensors,
  fetches: OnnxTensors,
): Promise<void> {
  try {
    await session.run(feeds, { [DONE]: null, ...fetches })
  } catch (error) {
    if (!String((error as Partial<Error>).message).startsWith('Non tensor type')) throw error
  }
}
