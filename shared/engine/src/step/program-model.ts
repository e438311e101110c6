import { setImmediate } from 'node:timers/promises'
import { directOutputs } from '../onnx/direct-outputs.ts'
import { encodePiece } from '../onnx/encode-piece.ts'
import { lowerGraph } from '../onnx/lower-graph.ts'
import { optimise } from '../passes/optimise.ts'
import type { Program, Signature } from '../program.ts'
import type { Graph } from '../trace/graph.ts'
import { traceProgram } from '../trace/trace-program.ts'

/** A model to load, the inputs it needs, and the ONNX name of each of its outputs by the program's name. */
export interface StepModel {
  readonly bytes: Uint8Array
  readonly inputs: readonly string[]
  readonly outputs: ReadonlyMap<string, string>
  /** What it was made from. */
  readonly graph: Graph
}

/** A program as one model that is run in place. */
export async function programModel(program: Program, signature: Signature): Promise<StepModel> {
  // What the lanes have answered meanwhile goes first: they wait for more to load.
  await setImmediate()

  const graph = optimise(traceProgram(program, signature))
  const lowered = directOutputs(lowerGraph(graph))
  const used = new Set(lowered.nodes.flatMap(({ input }) => input))
  const inputs = [...lowered.inputs.keys()].filter((name) => used.has(name))
  const { nodes, initializers } = lowered
  const piece = { nodes, initializers, inputs, outputs: [...lowered.outputs.values()] }
  const bytes = encodePiece(piece, new Map(Object.entries(signature)))
  return { bytes, inputs, outputs: lowered.outputs, graph }
}
