/** How fast this machine trains: steps of the check for a few seconds. */
import { sizeOf } from '@consilium/weights'
import type { RuntimeName } from '../compile.ts'
import { RuntimeFailedError } from '../errors.ts'
import { dumpGraph } from '../export/dump-graph.ts'
import { optimise } from '../passes/optimise.ts'
import { compileStep, type CompiledStep, type StepChoice } from '../step/compile-step.ts'
import { withZeroBuffers } from '../step/eager-step.ts'
import { SAMPLES, wholeStep } from '../step/whole-step.ts'
import type { Graph } from '../trace/graph.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { checkStep, checkWeights, invented, VIEW_SHAPE } from './check-step.ts'
import { countFlop } from './count-flop.ts'

export interface Throughput {
  readonly viewsPerSecond: number
  /** Of the products in it. */
  readonly gflopPerSecond: number
  /** Of one step. */
  readonly views: number
  readonly steps: number
  readonly seconds: number
  readonly choice: StepChoice
}

interface MeasureOptions {
  readonly runtime: RuntimeName
  readonly threads: number
  readonly dump?: string | undefined
  /** Hears what is done next. */
  readonly onPhase: (phase: string) => void
}

const SECONDS = 3

/** So that every thread has a micro-batch of the usual size. */
const VIEWS_PER_THREAD = 32

const INPUTS = { learningRate: [] } as const

/** Throws what `compileStep` throws, and ENGINE_RUNTIME_FAILED if the loss is not a number. */
export async function measureThroughput({
  runtime,
  threads,
  dump,
  onPhase,
}: MeasureOptions): Promise<Throughput> {
  const views = VIEWS_PER_THREAD * threads
  onPhase('Compiling the throughput check; what is measured for it is kept for the next time.')
  const graph = checkGraph(views)
  if (dump !== undefined) await dumpGraph(optimise(graph), { folder: dump, name: 'step' })
  const compiled = await compileStep(checkStep, {
    weights: checkWeights(),
    samples: [views, ...VIEW_SHAPE],
    inputs: INPUTS,
    runtime,
    threads,
    ...(dump !== undefined && { dump }),
  })
  try {
    onPhase(`Measuring for ${SECONDS} seconds.`)
    const { steps, seconds } = await runSteps(compiled, views)
    return {
      viewsPerSecond: (views * steps) / seconds,
      gflopPerSecond: (countFlop(graph) * steps) / seconds / 1e9,
      views,
      steps,
      seconds,
      choice: compiled.choice,
    }
  } finally {
    await compiled.dispose()
  }
}

function checkGraph(views: number): Graph {
  const weights = checkWeights()
  const state = withZeroBuffers(weights, checkStep.buffers)
  return traceProgram(wholeStep(checkStep, [...weights.keys()]), {
    [SAMPLES]: [views, ...VIEW_SHAPE],
    ...INPUTS,
    ...Object.fromEntries([...state].map(([name, { shape }]) => [name, shape])),
  })
}

/** The first step warms up. */
async function runSteps(
  compiled: CompiledStep,
  views: number,
): Promise<{ steps: number; seconds: number }> {
  const samples = invented(views * sizeOf(VIEW_SHAPE))
  const rows = (start: number, count: number): Float32Array =>
    samples.subarray(start * sizeOf(VIEW_SHAPE), (start + count) * sizeOf(VIEW_SHAPE))
  const runStep = async (): Promise<void> => {
    const loss = await compiled.run(rows, { learningRate: new Float32Array([0.01]) })
    if (!Number.isFinite(loss)) throw new RuntimeFailedError('the loss of a check is not a number')
  }
  await runStep()
  const begin = performance.now()
  for (let steps = 1; ; steps += 1) {
    await runStep()
    const seconds = (performance.now() - begin) / 1000
    if (seconds >= SECONDS) return { steps, seconds }
  }
}
