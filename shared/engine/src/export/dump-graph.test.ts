import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import type * as OnnxRuntime from 'onnxruntime-node'
import { tf, type Program } from '../index.ts'
import { graphToDot } from '../print/graph-to-dot.ts'
import { graphToText } from '../print/graph-to-text.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { dumpGraph } from './dump-graph.ts'

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'consilium-engine-'))
})
afterEach(() => rm(folder, { recursive: true }))

const counter: Program = ({ total, x }) => ({ total: tf.add(total!, x!), doubled: tf.mul(x!, 2) })

test('a graph is written as a model, as text and as a drawing, and replaces an earlier one', async () => {
  const target = path.join(folder, 'new', 'graphs')
  const graph = traceProgram(counter, { total: [2], x: [2] })
  await dumpGraph(
    traceProgram(({ x }) => ({ y: x! }), { x: [1] }),
    { folder: target, name: 'step' },
  )
  await dumpGraph(graph, { folder: target, name: 'step' })
  expect(await readdir(target)).toEqual(['step.dot', 'step.onnx', 'step.txt'])
  const read = (ending: string) => readFile(path.join(target, `step.${ending}`), 'utf8')
  expect(await read('txt')).toBe(graphToText(graph))
  expect(await read('dot')).toBe(graphToDot(graph))
})

test('the model can be loaded although state has the same name before and after', async () => {
  await dumpGraph(traceProgram(counter, { total: [2], x: [2] }), { folder, name: 'step' })
  const session = await ort.InferenceSession.create(path.join(folder, 'step.onnx'))
  expect({ inputs: session.inputNames, outputs: session.outputNames }).toEqual({
    inputs: ['total', 'x'],
    outputs: ['out:total', 'doubled'],
  })
  await session.release()
})
