/**
 * Full fine-tuning: the backbone and a zero-initialised linear head trained end to end on a site's labels
 * (SimCLR, appendix B.5: SGD with momentum, no weight decay, crops and flips only).
 */
import { compile, compileStep, tf, type Program, type TensorFlow } from '@consilium/engine'
import { createStream, permutation } from '@consilium/random'
import type { ModelPlan } from '@consilium/study'
import { selectArrays, type NamedArray, type NamedArrays } from '@consilium/weights'
import type { Augmentation } from '../augmentation/presets.ts'
import { indicesOf, type Dataset } from '../dataset.ts'
import { NotFiniteError } from '../errors.ts'
import { backbone, prepareWeights, type Parameters } from '../models/backbone.ts'
import { learningRateAt } from '../optimisers/learning-rate.ts'
import { featureSize } from '../parameters.ts'
import type { ClassScores } from '../statistics/class-scores.ts'
import { optimiserInputs, trainStep, type Network } from '../training/train-step.ts'
import { viewBatch } from '../training/view-batch.ts'
import { imageBatch } from './image-batch.ts'

const BATCH = 32
const PEAK_LEARNING_RATE = 0.1
const WARMUP = 0.1

interface FineTuneOptions {
  readonly model: ModelPlan
  /** Start of the backbone; only the tensors under `backbone/` are used. */
  readonly weights: NamedArrays
  readonly dataset: Dataset
  /** The labelled training images to learn from. */
  readonly labelled: Uint32Array
  /** The preset of the study, of which only crops and flips are used. */
  readonly augmentation: Augmentation
  readonly steps: number
  readonly seed: number
  /** Names of the random draws. */
  readonly path: readonly (string | number)[]
  readonly threads?: number
  readonly onStep?: () => Promise<void>
}

/** Trains on `labelled` and returns the class probabilities of the held-out labelled images, [Ntest, K]. */
export async function fineTune(options: FineTuneOptions): Promise<ClassScores> {
  return classify(options, await trainHeadAndBackbone(options))
}

async function trainHeadAndBackbone(options: FineTuneOptions): Promise<NamedArrays> {
  const { model, dataset, steps, threads = 1, onStep } = options
  const classes = dataset.classes.length
  const start = withHead(options.weights, featureSize(model), classes)
  const optimiser = {
    name: 'sgd',
    learningRate: PEAK_LEARNING_RATE,
    momentum: 0.9,
    weightDecay: 0,
  } as const
  const { size, channels } = dataset
  const compiled = await compileStep(trainStep(classifier(model), optimiser), {
    weights: start,
    samples: [BATCH, size, size, channels],
    inputs: { ...optimiserInputs, targets: [BATCH, classes] },
    threads,
  })
  const length = size * size * channels
  for (let step = 0; step < steps; step += 1) {
    const learningRate = learningRateAt((step + 0.5) / steps, PEAK_LEARNING_RATE, WARMUP)
    const { views, targets } = batchOf(options, step)
    const loss = await compiled.run(
      (from, count) => views.subarray(from * length, (from + count) * length),
      {
        targets,
        learningRate: new Float32Array([learningRate]),
        step: new Float32Array([step + 1]),
      },
    )
    if (!Number.isFinite(loss))
      throw new NotFiniteError({ training: 'the fine-tuning', step: step + 1 })
    await onStep?.()
  }
  const weights = compiled.readWeights()
  await compiled.dispose()
  return weights
}

function withHead(weights: NamedArrays, dimension: number, classes: number): NamedArrays {
  const head: [string, NamedArray][] = [
    ['head/kernel', { shape: [dimension, classes], data: new Float32Array(dimension * classes) }],
    ['head/bias', { shape: [classes], data: new Float32Array(classes) }],
  ]
  return new Map([...selectArrays(weights, (name) => name.startsWith('backbone/')), ...head])
}

/** Cross-entropy of a linear head on the backbone; input `targets` is one-hot, [B, K]. */
const classifier = (model: ModelPlan): Network => ({
  encode: (parameters, views) => backbone(views as TensorFlow.Tensor4D, parameters, model),
  loss: (parameters, features, { targets }) =>
    tf.neg(
      tf.mean<TensorFlow.Scalar>(
        tf.sum(tf.mul(targets!, tf.logSoftmax(logits(features, parameters))), 1),
      ),
    ),
})

const logits = (features: TensorFlow.Tensor2D, parameters: Parameters): TensorFlow.Tensor =>
  tf.add(tf.matMul(features, parameters['head/kernel']!), parameters['head/bias']!)

/** Epoch after epoch over the labelled images, each in its own order; few images fill a batch several times over. */
function batchOf(
  { dataset, labelled, augmentation, seed, path }: FineTuneOptions,
  step: number,
): { views: Float32Array; targets: Float32Array } {
  const classes = dataset.classes.length
  const chosen = Uint32Array.from({ length: BATCH }, (_, i) => {
    const position = step * BATCH + i
    const epoch = Math.floor(position / labelled.length)
    const order = permutation(createStream(seed, ...path, 'order', epoch), labelled.length)
    return labelled[order[position % labelled.length]!]!
  })
  const targets = new Float32Array(BATCH * classes)
  chosen.forEach((image, row) => (targets[row * classes + dataset.labels[image]!] = 1))
  const geometry = {
    ...augmentation,
    jitter: 0,
    grey: 0,
    equalise: 0,
    blur: 0,
    cropArea: [0.5, 1] as const,
  }
  const views = viewBatch(
    { dataset, augmentation: geometry, seed, path: [...path, step] },
    chosen,
    1,
  )
  return { views, targets }
}

async function classify(
  { model, dataset, threads = 1 }: FineTuneOptions,
  weights: NamedArrays,
): Promise<ClassScores> {
  const classes = dataset.classes.length
  const { size, channels } = dataset
  const heldOut = indicesOf(dataset, 'test', { labelled: true })
  const program: Program = ({ images, ...stored }) => {
    const parameters = prepareWeights(stored)
    const features = backbone(images as TensorFlow.Tensor4D, parameters, model)
    return { probabilities: tf.softmax(logits(features, parameters)) }
  }
  const signature = { images: [BATCH, size, size, channels] }
  const executable = await compile(program, signature, { state: weights, threads })
  const values = new Float64Array(heldOut.length * classes)
  for (let start = 0; start < heldOut.length; start += BATCH) {
    const rows = heldOut.subarray(start, start + BATCH)
    const { probabilities } = await executable.run({ images: imageBatch(dataset, rows, BATCH) })
    values.set(probabilities!.subarray(0, rows.length * classes), start * classes)
  }
  await executable.dispose()
  return { classes, values }
}
