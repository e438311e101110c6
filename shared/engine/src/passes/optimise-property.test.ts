/** Random programs give the same with and without the passes. */
import fc from 'fast-check'
import { encodeModel } from '../onnx/encode-model.ts'
import { graphToText } from '../print/graph-to-text.ts'
import {
  programOf,
  randomInputs,
  randomInstructions,
  signature,
} from '../testing/random-program.ts'
import { runModel } from '../testing/run-model.ts'
import { relativeError, type TestInput } from '../testing/run-on.ts'
import type { Graph } from '../trace/graph.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { eliminateCommonSubexpressions } from './eliminate-common-subexpressions.ts'
import { optimise } from './optimise.ts'
import { removeDeadNodes } from './remove-dead-nodes.ts'
import { removeIdentities } from './remove-identities.ts'
import { removeNoOps } from './remove-no-ops.ts'
import { sinkBroadcasts } from './sink-broadcasts.ts'

const RUNS = 60

const run = (graph: Graph, inputs: Readonly<Record<string, TestInput>>) =>
  runModel(encodeModel(graph), inputs)

test('an optimised program computes the same', async () => {
  await fc.assert(
    fc.asyncProperty(randomInstructions, randomInputs, async (instructions, inputs) => {
      const graph = traceProgram(programOf(instructions), signature)
      const expected = await run(graph, inputs)
      const actual = await run(optimise(graph), inputs)
      const errors = Object.entries(expected).map(([name, data]) =>
        relativeError(actual[name]!, data),
      )
      expect(Math.max(...errors)).toBeLessThan(1e-5)
    }),
    { numRuns: RUNS, seed: 1 },
  )
})

test('what only takes out or moves computations changes no number', async () => {
  const passes = [removeIdentities, removeNoOps, sinkBroadcasts, eliminateCommonSubexpressions]
  await fc.assert(
    fc.asyncProperty(randomInstructions, randomInputs, async (instructions, inputs) => {
      const graph = traceProgram(programOf(instructions), signature)
      const smaller = removeDeadNodes(passes.reduce((g, pass) => pass(g), graph))
      // One zero: -0 + 0 is 0, and becomes -0.
      const plain = (outputs: Readonly<Record<string, Float32Array>>) =>
        Object.entries(outputs).map(([name, data]) => [name, Array.from(data, (x) => x + 0)])
      expect(plain(await run(smaller, inputs))).toEqual(plain(await run(graph, inputs)))
    }),
    { numRuns: RUNS, seed: 1 },
  )
})

test('one run of the passes is enough: a second finds nothing', () => {
  fc.assert(
    fc.property(randomInstructions, (instructions) => {
      const once = optimise(traceProgram(programOf(instructions), signature))
      expect(graphToText(optimise(once))).toBe(graphToText(once))
    }),
    { numRuns: 5 * RUNS, seed: 1 },
  )
})
