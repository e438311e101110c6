/**
 * Runs a recorded program with onnxruntime-node. State is never copied between steps: every state tensor has two
 * preallocated buffers, ONNX Runtime reads one and writes the other in place, and they change roles after each run.
 */
import { createRequire } from 'node:module'
import {
  assertSameSchema,
  selectArrays,
  sizeOf,
  type NamedArray,
  type NamedArrays,
} from '@consilium/weights'
import type * as OnnxRuntime from 'onnxruntime-node'
import type { Executable } from '../compile.ts'
import { asEngineError } from '../errors.ts'
import { blockSize } from '../onnx/block-size.ts'
import { modelParts, serialiseModel } from '../onnx/encode-model.ts'
import { plainLowering } from '../onnx/graph-writer.ts'
import { optimise } from '../passes/optimise.ts'
import type { Program, Signature } from '../program.ts'
import type { Graph } from '../trace/graph.ts'
import { traceProgram } from '../trace/trace-program.ts'
import type { ProviderName } from './execution-provider.ts'
import { doneNode, doneOutput, runInPlace } from './run-in-place.ts'
import { sessionOptions } from './session-options.ts'

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime

type Tensors = Record<string, OnnxRuntime.Tensor>

interface OnnxOptions {
  readonly program: Program
  readonly signature: Signature
  readonly state: NamedArrays
  readonly threads: number
  readonly provider: ProviderName
}

export async function createOnnxExecutable({
  program,
  signature,
  state,
  threads,
  provider,
}: OnnxOptions): Promise<Executable> {
  const shapes = Object.fromEntries([...state].map(([name, { shape }]) => [name, shape]))
  const graph = optimise(traceProgram(program, { ...signature, ...shapes }))
  const session = await createSession(graph, { threads, provider })
  const results = [...graph.outputs].filter(([name]) => !state.has(name))
  const fetched = Object.fromEntries(results.map(([name, { shape }]) => [name, emptyTensor(shape)]))
  const constants = tensorsOf(selectArrays(state, (name) => !graph.outputs.has(name)))
  const carried = selectArrays(state, (name) => graph.outputs.has(name))
  let current = tensorsOf(carried)
  let next = tensorsOf(carried)
  const tensorOf = (name: string): OnnxRuntime.Tensor => (current[name] ?? constants[name])!

  return {
    async run(inputs) {
      const feeds: Tensors = { ...constants, ...current }
      for (const [name, data] of Object.entries(inputs)) {
        feeds[name] = new ort.Tensor('float32', data, [...signature[name]!])
      }
      await runInPlace(session, feeds, asOutputs({ ...next, ...fetched })).catch(throwEngineError)
      ;[current, next] = [next, current]
      return Object.fromEntries(results.map(([name]) => [name, floatsOf(fetched[name]!).slice()]))
    },
    readState: () =>
      new Map(
        [...state].map(([name, { shape }]): [string, NamedArray] => [
          name,
          { shape, data: floatsOf(tensorOf(name)).slice() },
        ]),
      ),
    writeState(replacement) {
      assertSameSchema(replacement, state, 'The state of a compiled program')
      for (const [name, { data }] of replacement) floatsOf(tensorOf(name)).set(data)
    },
    dispose: () => session.release(),
  }
}

async function createSession(
  graph: Graph,
  { threads, provider }: Pick<OnnxOptions, 'threads' | 'provider'>,
): Promise<OnnxRuntime.InferenceSession> {
  const outputs = new Map([...graph.outputs].map(([name, value]) => [outputName(name), value]))
  const lowering = { ...plainLowering, blockSize: await blockSize(provider) }
  const parts = modelParts({ ...graph, outputs }, lowering)
  const model = serialiseModel({
    ...parts,
    nodes: [doneNode, ...parts.nodes],
    outputs: [doneOutput, ...parts.outputs],
  })
  return ort.InferenceSession.create(model, sessionOptions({ threads, provider })).catch(
    throwEngineError,
  )
}

function throwEngineError(error: unknown): never {
  throw asEngineError((error as Error).message)
}

/** ONNX has one name space for inputs and outputs; a program may use a name for both. */
const outputName = (name: string): string => `out:${name}`

const asOutputs = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [outputName(name), tensor]))

const floatsOf = (tensor: OnnxRuntime.Tensor): Float32Array => tensor.data as Float32Array

const emptyTensor = (shape: readonly number[]): OnnxRuntime.Tensor =>
  new ort.Tensor('float32', new Float32Array(sizeOf(shape)), [...shape])

const tensorsOf = (arrays: NamedArrays): Tensors =>
  Object.fromEntries(
    [...arrays].map(([name, { shape, data }]) => [
      name,
      new ort.Tensor('float32', data.slice(), [...shape]),
    ]),
  )
