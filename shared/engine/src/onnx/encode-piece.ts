import { doneNode, doneOutput } from '../runtimes/run-in-place.ts'
import type { Piece } from './cut-model.ts'
import { serialiseModel, valueInfo } from './encode-model.ts'

export type Shapes = ReadonlyMap<string, readonly number[]>

/** A model to be run in place. Shapes of the inputs must be known; ONNX Runtime infers those of the outputs. */
export const encodePiece = (
  { nodes, initializers, inputs, outputs }: Piece,
  shapes: Shapes,
): Uint8Array =>
  serialiseModel({
    nodes: [doneNode, ...nodes],
    initializers,
    inputs: inputs.map((name) => valueInfo([name, { shape: shapes.get(name)!, dtype: 'float32' }])),
    outputs: [
      doneOutput,
      ...outputs.map((name) => ({ name, type: { tensorType: { elemType: 1 } } })),
    ],
  })
