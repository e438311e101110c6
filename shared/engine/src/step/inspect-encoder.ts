import { sizeOf } from '@consilium/weights'
import { removeDeadNodes } from '../passes/remove-dead-nodes.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { encodeProgram, FEATURES, preparedName } from './step-programs.ts'
import type { TrainingStep } from './training-step.ts'
import { SAMPLES } from './whole-step.ts'

export interface EncoderTraits {
  /** The weights it uses; all others are the loss's. */
  readonly weights: ReadonlySet<string>
  /** Values per sample in its features, D. */
  readonly dimension: number
  /** Values per sample of its largest activation. */
  readonly largestActivation: number
}

/** What the cut of a step depends on, found by encoding one sample without computing it. */
export function inspectEncoder(
  step: TrainingStep,
  shapes: ReadonlyMap<string, readonly number[]>,
  sampleShape: readonly number[],
): EncoderTraits {
  const names = [...shapes.keys()]
  const graph = removeDeadNodes(
    traceProgram(encodeProgram(step, names), {
      ...Object.fromEntries(names.map((name) => [preparedName(name), shapes.get(name)!])),
      [SAMPLES]: [1, ...sampleShape],
    }),
  )
  const used = new Set(graph.nodes.flatMap(({ inputs }) => inputs))
  const activations = graph.nodes.map(({ output }) => output.shape).filter(([n]) => n === 1)
  return {
    weights: new Set(names.filter((name) => used.has(graph.inputs.get(preparedName(name))!))),
    dimension: graph.outputs.get(FEATURES)!.shape[1]!,
    largestActivation: Math.max(1, ...activations.map(sizeOf)),
  }
}
