/** A training step of the product, as a row's process repeats it. The only file that knows how the product makes one. */
import { compileStep, type SampleSource } from '@consilium/engine'
import { optimiserInputs, simclr, trainStep } from '@consilium/learning'
import { firstViews, firstWeights } from './first-tensors.ts'
import { planOf, type StepShape } from './row.ts'

export interface OurStep {
  readonly compileSeconds: number
  /** Runs one step on the same views and returns its loss. */
  step(): Promise<number>
  dispose(): Promise<void>
}

export async function createOurStep(shape: StepShape, threads: number): Promise<OurStep> {
  const plan = planOf(shape)
  const { size, views, model, learningRate } = shape
  const samples = [views, size, size, model.channels]
  const weights = firstWeights(shape)
  const startedAt = performance.now()
  const compiled = await compileStep(trainStep(simclr(plan), plan.optimiser), {
    ...{ weights, samples, threads },
    inputs: optimiserInputs,
  })
  const compileSeconds = (performance.now() - startedAt) / 1000
  const source = rowsOf(firstViews(shape), views)
  let step = 0
  return {
    compileSeconds,
    step() {
      step += 1
      return compiled.run(source, {
        learningRate: new Float32Array([learningRate]),
        step: new Float32Array([step]),
      })
    },
    dispose: () => compiled.dispose(),
  }
}

function rowsOf(data: Float32Array, rows: number): SampleSource {
  const length = data.length / rows
  return (start, count) => data.subarray(start * length, (start + count) * length)
}
