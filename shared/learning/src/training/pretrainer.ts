/** One site's part of one round: local epochs of contrastive training from the round's global weights. */
import {
  compileStep,
  type CompiledStep,
  type RuntimeName,
  type SampleSource,
  type StepChoice,
} from '@consilium/engine'
import { createStream, permutation } from '@consilium/random'
import type { StudyPlan } from '@consilium/study'
import type { NamedArrays } from '@consilium/weights'
import { augmentationPresets } from '../augmentation/presets.ts'
import { indicesOf, type Dataset } from '../dataset.ts'
import { NotFiniteError, TooFewImagesError } from '../errors.ts'
import {
  createViewFeed,
  type ReadyViews,
  type ViewFeed,
  type ViewSequence,
} from '../feeding/view-feed.ts'
import { sliceSpec, specOfBatch, type ViewSpec } from '../feeding/view-spec.ts'
import { simclr } from '../objectives/simclr.ts'
import { stepLearningRate } from '../optimisers/learning-rate.ts'
import { correctionInputs, correctionName, optimiserInputs, trainStep } from './train-step.ts'

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

/** A round between two steps: with the plan, the site, the round and the data, all that the steps after it depend on. */
export interface RoundCheckpoint {
  /** Steps done. */
  readonly step: number
  /** Of their losses, in float64. */
  readonly lossSum: number
  /** Weights and the optimiser's buffers, as `CompiledStep.readState` gives them. */
  readonly state: NamedArrays
}

/** Called after every step; the next one begins when it resolves. `checkpoint` copies the state, which costs its size in memory. */
export type OnStep = (progress: RoundProgress, checkpoint: () => RoundCheckpoint) => Promise<void>

export interface Pretrainer {
  /** How the step was cut: part of what decides its bits. */
  readonly choice: StepChoice
  /** Of a round. */
  readonly steps: number
  /**
   * Rounds count from 1. `correction` is added to the gradient in every step, where the plan's rule is SCAFFOLD; zeros if
   * absent. Throws TRAINING_NOT_FINITE at the first step whose loss is not a number.
   */
  trainRound(
    round: number,
    start: NamedArrays,
    onStep: OnStep,
    correction?: NamedArrays,
  ): Promise<RoundOutcome>
  /**
   * The rest of a round: same bits as if it had not been interrupted, where plan, site, data, `correction` and `choice` are
   * the same.
   */
  resumeRound(
    round: number,
    from: RoundCheckpoint,
    onStep: OnStep,
    correction?: NamedArrays,
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
  const compiled = await compileStep(trainStep(simclr(plan), plan.optimiser), {
    weights,
    samples: [VIEWS * batch, size, size, channels],
    inputs: { ...optimiserInputs, ...(isCorrected(plan) && correctionInputs(weights)) },
    threads,
    runtime,
  })
  const feed = createViewFeed({
    dataset,
    augmentation: augmentationPresets[plan.data.preset],
    seed: plan.seed,
    depth: 2 * compiled.choice.lanes + 1,
    slotLength: compiled.choice.microBatch * size * size * channels,
  })
  const stepsPerEpoch = Math.floor(images.length / batch)
  const run = { plan, site, images, batch, stepsPerEpoch, compiled, feed }
  return {
    choice: compiled.choice,
    steps: stepsOf(run),
    async trainRound(round, start, onStep, correction) {
      await compiled.writeWeights(start)
      const corrections = correctionsOf(plan, weights, correction)
      return train(run, { round, step: 0, lossSum: 0, onStep, corrections })
    },
    async resumeRound(round, { step, lossSum, state }, onStep, correction) {
      await compiled.writeState(state)
      const corrections = correctionsOf(plan, weights, correction)
      return train(run, { round, step, lossSum, onStep, corrections })
    },
    async dispose() {
      await feed.close()
      await compiled.dispose()
    },
  }
}

interface Run extends Pick<PretrainerOptions, 'plan' | 'site'> {
  readonly images: Uint32Array
  readonly batch: number
  readonly stepsPerEpoch: number
  readonly compiled: CompiledStep
  readonly feed: ViewFeed
}

const stepsOf = ({ plan, stepsPerEpoch }: Run): number => stepsPerEpoch * plan.schedule.localEpochs

interface Rest extends Omit<RoundCheckpoint, 'state'> {
  readonly round: number
  readonly onStep: OnStep
  /** By the names of the step's inputs. */
  readonly corrections: Readonly<Record<string, Float32Array>>
}

const isCorrected = ({ aggregation }: StudyPlan): boolean => aggregation?.rule === 'scaffold'

/** What `correction` is as inputs of the step; zeros for what it does not say. */
const correctionsOf = (
  plan: StudyPlan,
  weights: NamedArrays,
  correction?: NamedArrays,
): Rest['corrections'] =>
  Object.fromEntries(
    [...(isCorrected(plan) ? weights : [])].map(([name, { data }]) => [
      correctionName(name),
      correction?.get(name)?.data ?? new Float32Array(data.length),
    ]),
  )

/**
 * The steps of a round after the first `step` ones. The optimiser starts afresh every round, as in EasyFL: its buffers
 * belong to weights that averaging has moved.
 */
async function train(
  run: Run,
  { round, step: first, lossSum, onStep, corrections }: Rest,
): Promise<RoundOutcome> {
  const { plan, images, batch, compiled, feed } = run
  const steps = stepsOf(run)
  const views = viewReader(feed.open(viewsOfRound(run, { round, first })))
  let sum = lossSum
  for (let step = first; step < steps; step += 1) {
    const learningRate = stepLearningRate(plan, { round, step, steps })
    const loss = await compiled.run(views, {
      ...corrections,
      learningRate: new Float32Array([learningRate]),
      step: new Float32Array([step + 1]),
    })
    if (!Number.isFinite(loss))
      throw new NotFiniteError({ training: `round ${round}`, step: step + 1 })
    sum += loss
    const done = { step: step + 1, lossSum: sum }
    await onStep({ step: step + 1, steps, loss: sum / (step + 1), batch }, () => ({
      ...done,
      state: compiled.readState(),
    }))
  }
  const weights = compiled.readWeights()
  return { weights, steps, samples: images.length, meanLoss: sum / steps, batch }
}

/** The micro-batches of the steps from `first`, in the order in which the compiled step asks for them. */
function* viewsOfRound(
  run: Run,
  { round, first }: { round: number; first: number },
): Generator<ViewSpec> {
  const { plan, site, images, batch, stepsPerEpoch, compiled } = run
  const { microBatch, recompute } = compiled.choice
  for (let step = first; step < stepsOf(run); step += 1) {
    const epoch = Math.floor(step / stepsPerEpoch)
    const path = [site, 'round', round, 'epoch', epoch]
    const order = permutation(createStream(plan.seed, ...path, 'order'), images.length)
    const begin = (step % stepsPerEpoch) * batch
    const chosen = order.slice(begin, begin + batch).map((i) => images[i]!)
    const spec = specOfBatch(path, chosen, VIEWS)
    for (let pass = 0; pass < (recompute ? 2 : 1); pass += 1) {
      for (let start = 0; start < spec.images.length; start += microBatch) {
        yield sliceSpec(spec, start, start + microBatch)
      }
    }
  }
}

/** Hands out one micro-batch after the other; asking for the next one gives the last one's memory back. */
function viewReader(sequence: ViewSequence): SampleSource {
  let held: ReadyViews | undefined
  return async () => {
    held?.release()
    held = await sequence.next()
    return held!.data
  }
}
