/** The part of a step that sees the whole batch: the loss, and its gradient in the space of the features. */
import type { ModelCache } from '../cache/model-cache.ts'
import type { Signature } from '../program.ts'
import type { DumpModel } from './dump-model.ts'
import type { Lane } from './lanes/lane.ts'
import { byOnnxName, loadModel } from './load-model.ts'
import { programModel } from './program-model.ts'
import { allocateTensor } from './shared-block.ts'
import type { StepArrays } from './step-arrays.ts'
import { COTANGENT, FEATURES, gradientName, lossProgram, preparedName } from './step-programs.ts'
import type { TrainingStep } from './training-step.ts'
import { LOSS } from './whole-step.ts'

export interface LossStage {
  /** Reads the features, fills the cotangent and the gradients of the loss's own weights, returns the loss. */
  run(): Promise<number>
}

interface LossOptions {
  readonly step: TrainingStep
  readonly weights: readonly string[]
  readonly inputs: Signature
  readonly lane: Lane
  readonly arrays: StepArrays
  readonly dump: DumpModel
  readonly models: ModelCache
}

export async function createLossStage({
  step,
  weights,
  inputs,
  lane,
  arrays,
  dump,
  models,
}: LossOptions): Promise<LossStage> {
  const { prepared, features, cotangent, lossGradients } = arrays
  const names = weights.map(preparedName)
  const model = await programModel(lossProgram(step, weights), {
    ...Object.fromEntries(names.map((name) => [name, prepared.get(name)!.dims])),
    ...inputs,
    [FEATURES]: features.dims,
  })
  await dump('loss', model)
  const loss = allocateTensor([])
  const { bind } = await loadModel(lane, { ...model, models })
  const binding = await bind(
    new Map([...prepared, ...arrays.inputs, [FEATURES, features]]),
    byOnnxName(
      model.outputs,
      new Map([
        ...[...lossGradients.tensors].map(
          ([name, tensor]) => [gradientName(name), tensor] as const,
        ),
        [LOSS, loss],
        [COTANGENT, cotangent],
      ]),
    ),
  )
  return {
    async run() {
      await lane.run([binding])
      return loss.data[0]!
    },
  }
}
