/** A program as a file of its own: an ONNX model (opset 18) with the weights inside, for any ONNX runtime. */
import type { NamedArray, NamedArrays } from '@consilium/weights'
import { InvalidInputError, InvalidOutputError } from '../errors.ts'
import { modelParts, serialiseModel, type ModelDescription } from '../onnx/encode-model.ts'
import { GENERATED } from '../onnx/graph-writer.ts'
import { dataTypeCodes } from '../onnx/model-schema.ts'
import { optimise } from '../passes/optimise.ts'
import type { Program, Signature } from '../program.ts'
import type { Graph } from '../trace/graph.ts'
import { traceProgram } from '../trace/trace-program.ts'

/** Protobuf messages end here, so readers refuse larger ONNX files. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1

export interface ExportOptions extends ModelDescription {
  /** Values of the inputs that become part of the model. */
  readonly state?: NamedArrays
}

/**
 * The forward pass of `program` with `state` as initialisers; the inputs of `signature` and the outputs keep their names
 * and shapes, the batch size included. Throws ENGINE_INVALID_INPUT, ENGINE_INVALID_OUTPUT and what tracing throws.
 */
export function exportOnnx(
  program: Program,
  signature: Signature,
  { state = new Map(), ...description }: ExportOptions = {},
): Uint8Array {
  assertInputNames([...Object.keys(signature), ...state.keys()])
  assertState(state, signature)
  const shapes = Object.fromEntries([...state].map(([name, { shape }]) => [name, shape]))
  const graph = optimise(traceProgram(program, { ...signature, ...shapes }))
  assertUsed(state, graph)
  assertOwnNames(graph)
  const parts = modelParts(graph)
  return serialiseModel({
    ...parts,
    inputs: parts.inputs.filter(({ name }) => !state.has(name as string)),
    initializers: [...[...state].map(initializer), ...parts.initializers],
    description,
  })
}

const initializer = ([name, { shape, data }]: [string, NamedArray]): Record<string, unknown> => ({
  name,
  dims: [...shape],
  dataType: dataTypeCodes.float32,
  rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
})

const isReserved = (name: string): boolean => name === '' || name.startsWith(GENERATED)
const OWN_NAME = `one that is not empty and does not begin with '${GENERATED}'`

function assertInputNames(names: readonly string[]): void {
  const reserved = names.find(isReserved)
  if (reserved !== undefined) {
    throw new InvalidInputError({ name: reserved, came: 'a reserved name', expected: OWN_NAME })
  }
}

function assertState(state: NamedArrays, signature: Signature): void {
  const twice = [...state.keys()].find((name) => name in signature)
  if (twice !== undefined) {
    throw new InvalidInputError({
      name: twice,
      came: 'in the signature and in the state',
      expected: 'one of the two',
    })
  }
  const bytes = [...state.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
  if (bytes > MAX_MODEL_BYTES) {
    throw new InvalidInputError({
      name: 'state',
      came: `${bytes} bytes`,
      expected: `at most ${MAX_MODEL_BYTES}, the largest ONNX file`,
    })
  }
}

/** Weights that nothing reads are the weights of another program. */
function assertUsed(state: NamedArrays, graph: Graph): void {
  const used = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.values()])
  const unknown = [...state.keys()].find((name) => !used.has(graph.inputs.get(name)!))
  if (unknown !== undefined) {
    throw new InvalidInputError({
      name: unknown,
      came: 'given as state',
      expected: 'names that the program uses and no others',
    })
  }
}

/** ONNX has one name space for inputs, weights and outputs. */
function assertOwnNames({ inputs, outputs }: Graph): void {
  const reserved = [...outputs.keys()].find(isReserved)
  if (reserved !== undefined) {
    throw new InvalidOutputError({
      output: `Output '${reserved}'`,
      came: 'a reserved name',
      expected: OWN_NAME,
    })
  }
  const shadowing = [...outputs.keys()].find((name) => inputs.has(name))
  if (shadowing !== undefined) {
    throw new InvalidOutputError({
      output: `Output '${shadowing}'`,
      came: 'called like an input or a weight',
      expected: 'a name of its own, as ONNX has one name space',
    })
  }
}
