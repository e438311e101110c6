/** One site's part of one round: local epochs of contrastive training from the round's global weights. */
import { compile, type Executable, type RuntimeName } from '@consilium/engine'
import { createStream, permutation } from '@consilium/random'
import type { StudyPlan } from '@consilium/study'
import { selectArrays, type NamedArrays } from '@consilium/weights'
import { augmentationPresets } from '../augmentation/presets.ts'
import { indicesOf, type Dataset } from '../dataset.ts'
import { NotFiniteError, TooFewImagesError } from '../errors.ts'
import { simclrLoss } from '../objectives/simclr.ts'
import { learningRateAt } from '../optimisers/learning-rate.ts'
import { withMomentum } from './step-state.ts'
import { trainStep } from './train-step.ts'
import { viewBatch } from './view-batch.ts'

const VIEWS = 2

export interface RoundProgress {
  readonly step: number
  readonly steps: number
  /** Mean loss since the round began. */
  readonly loss: number
  /** Images per step. */
  readonly batch: number
}

export interface RoundOutcome {
  readonly weights: NamedArrays
  readonly steps: number
  /** Images of the site that take part: its training split. */
  readonly samples: number
  readonly meanLoss: number
  /** Images per step. */
  readonly batch: number
}

export interface Pretrainer {
  /** Rounds count from 1. Throws TRAINING_NOT_FINITE at the first step whose loss is not a number. */
  trainRound(
    round: number,
    start: NamedArrays,
    onStep: (progress: RoundProgress) => Promise<void>,
  ): Promise<RoundOutcome>
  dispose(): Promise<void>
}

interface PretrainerOptions {
  readonly plan: StudyPlan
  readonly site: string
  readonly dataset: Dataset
  readonly weights: NamedArrays
  readonly threads?: number
  readonly runtime?: RuntimeName
}

/** Compiles the training step for a site; a site with fewer images than a batch takes all it has in every step. */
export async function createPretrainer({
  plan,
  site,
  dataset,
  weights,
  threads = 1,
  runtime = 'onnx',
}: PretrainerOptions): Promise<Pretrainer> {
  const images = indicesOf(dataset, 'train')
  if (images.length < 2) throw new TooFewImagesError(images.length)
  const batch = Math.min(plan.schedule.batch, images.length)
  const { size, channels } = dataset
  const executable = await compile(
    trainStep(weights, simclrLoss(plan), plan.optimiser),
    { views: [VIEWS * batch, size, size, channels], learningRate: [] },
    { state: withMomentum(weights), threads, runtime },
  )
  const run = { plan, site, dataset, images, batch, executable }
  return {
    trainRound: (round, start, onStep) => trainRound(run, { round, start, onStep }),
    dispose: () => executable.dispose(),
  }
}

interface Run extends Pick<PretrainerOptions, 'plan' | 'site' | 'dataset'> {
  readonly images: Uint32Array
  readonly batch: number
  readonly executable: Executable
}

interface Round {
  readonly round: number
  readonly start: NamedArrays
  readonly onStep: (progress: RoundProgress) => Promise<void>
}

/** The optimiser starts afresh every round, as in EasyFL: its buffers belong to weights that averaging has moved. */
async function trainRound(run: Run, { round, start, onStep }: Round): Promise<RoundOutcome> {
  const { plan, images, batch, executable } = run
  const stepsPerEpoch = Math.floor(images.length / batch)
  const steps = stepsPerEpoch * plan.schedule.localEpochs
  executable.writeState(withMomentum(start))
  let lossSum = 0
  for (let step = 0; step < steps; step += 1) {
    // The middle of the step: at its beginning the study's first one would have a learning rate of 0.
    const progress = (round - 1 + (step + 0.5) / steps) / plan.schedule.rounds
    const learningRate = learningRateAt(progress, plan.optimiser.learningRate, plan.schedule.warmup)
    const views = viewsOfStep(run, round, Math.floor(step / stepsPerEpoch), step % stepsPerEpoch)
    const { loss } = await executable.run({ views, learningRate: new Float32Array([learningRate]) })
    if (!Number.isFinite(loss![0]))
      throw new NotFiniteError({ training: `round ${round}`, step: step + 1 })
    lossSum += loss![0]!
    await onStep({ step: step + 1, steps, loss: lossSum / (step + 1), batch })
  }
  const isWeight = (name: string): boolean => start.has(name)
  const weights = selectArrays(executable.readState(), isWeight)
  return { weights, steps, samples: images.length, meanLoss: lossSum / steps, batch }
}

function viewsOfStep(
  { plan, site, dataset, images, batch }: Run,
  round: number,
  epoch: number,
  step: number,
): Float32Array {
  const path = [site, 'round', round, 'epoch', epoch]
  const order = permutation(createStream(plan.seed, ...path, 'order'), images.length)
  const chosen = order.slice(step * batch, (step + 1) * batch).map((i) => images[i]!)
  const augmentation = augmentationPresets[plan.data.preset]
  return viewBatch({ dataset, augmentation, seed: plan.seed, path }, chosen, VIEWS)
}
