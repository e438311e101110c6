/**
 * Runs a recorded program with onnxruntime-node. State is never copied between steps: every state tensor has two
 * preallocated buffers, ONNX Runtime reads one and writes the other in place, and they change roles after each run.
 */
import { createRequire } from 'node:module'
import { assertSameSchema, sizeOf, type NamedArray, type NamedArrays } from '@consilium/weights'
import type * as OnnxRuntime from 'onnxruntime-node'
import type { Executable } from '../compile.ts'
import { encodeModel } from '../onnx/encode-model.ts'
import { optimise } from '../passes/optimise.ts'
import type { Program, Signature } from '../program.ts'
import type { Graph } from '../trace/graph.ts'
import { traceProgram } from '../trace/trace-program.ts'

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime

type Tensors = Record<string, OnnxRuntime.Tensor>

interface OnnxOptions {
  readonly program: Program
  readonly signature: Signature
  readonly state: NamedArrays
  readonly threads: number
}

export async function createOnnxExecutable({
  program,
  signature,
  state,
  threads,
}: OnnxOptions): Promise<Executable> {
  const shapes = Object.fromEntries([...state].map(([name, { shape }]) => [name, shape]))
  const graph = optimise(traceProgram(program, { ...signature, ...shapes }))
  const session = await ort.InferenceSession.create(encodeModel(withNextNames(graph, state)), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  })
  const results = [...graph.outputs].filter(([name]) => !state.has(name))
  const fetched = Object.fromEntries(results.map(([name, { shape }]) => [name, emptyTensor(shape)]))
  let current = tensorsOf(state)
  let next = tensorsOf(state)

  return {
    async run(inputs) {
      const feeds: Tensors = { ...current }
      for (const [name, data] of Object.entries(inputs))
        feeds[name] = new ort.Tensor('float32', data, [...signature[name]!])
      await session.run(onlyUsed(feeds, session.inputNames), { ...renamed(next), ...fetched })
      ;[current, next] = [next, current]
      return Object.fromEntries(results.map(([name]) => [name, floatsOf(fetched[name]!).slice()]))
    },
    readState: () =>
      new Map(
        [...state].map(([name, { shape }]): [string, NamedArray] => [
          name,
          { shape, data: floatsOf(current[name]!).slice() },
        ]),
      ),
    writeState(replacement) {
      assertSameSchema(replacement, state, 'The state of a compiled program')
      for (const [name, { data }] of replacement) floatsOf(current[name]!).set(data)
    },
    dispose: () => session.release(),
  }
}

/** ONNX has one name space for inputs and outputs: the new value of state `w` is written as `next:w`. */
const nextName = (name: string): string => `next:${name}`

const withNextNames = (graph: Graph, state: NamedArrays): Graph => ({
  ...graph,
  outputs: new Map(
    [...graph.outputs].map(([name, value]) => [state.has(name) ? nextName(name) : name, value]),
  ),
})

const renamed = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [nextName(name), tensor]))

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

const onlyUsed = (feeds: Tensors, names: readonly string[]): Tensors =>
  Object.fromEntries(names.map((name) => [name, feeds[name]!]))
