/**
 * Whole training steps of every objective and every optimiser, compiled and on the reference runtime: ten steps, with
 * target networks and queues carried from step to step, must end at the same weights. The encoder is one convolution,
 * because the reference runtime is slow; `pretrainer.test.ts` does it with a backbone.
 */
import { compile, tf, type Program, type RuntimeName, type TensorFlow } from '@consilium/engine'
import type { Tensors } from '@consilium/engine'
import { createStream } from '@consilium/random'
import type { OptimiserPlan } from '@consilium/study'
import { sizeOf, type NamedArray, type NamedArrays } from '@consilium/weights'
import type { Parameters } from '../models/backbone.ts'
import { groupNorm } from '../models/group-norm.ts'
import { projector } from '../models/projector.ts'
import { standardiseWeights } from '../models/standardise-weights.ts'
import { barlowTwinsLoss } from '../objectives/barlow-twins-loss.ts'
import { byolLoss } from '../objectives/byol-loss.ts'
import { decoupledContrastiveLoss } from '../objectives/decoupled-contrastive-loss.ts'
import { enqueueKeys } from '../objectives/key-queue.ts'
import { mocoV2Loss } from '../objectives/moco-v2-loss.ts'
import { mocoV3Loss } from '../objectives/moco-v3-loss.ts'
import { movingAverage } from '../objectives/moving-average.ts'
import { ntXentLoss } from '../objectives/nt-xent-loss.ts'
import { simSiamLoss } from '../objectives/sim-siam-loss.ts'
import { vicregLoss } from '../objectives/vicreg-loss.ts'
import { splitViews } from '../objectives/view-pair.ts'
import { stripes } from '../testing/stripes.ts'
import { trainProgram, withBuffers, type Loss } from '../testing/train-program.ts'

type Tensor2D = TensorFlow.Tensor2D
type Tensor4D = TensorFlow.Tensor4D

const STEPS = 10
const VIEWS = 8
const FEATURES = 2 * 2 * 4
const EMBEDDING = 6
const QUEUE = 12

const normal = (name: string, shape: readonly number[], stdDev: number): NamedArray => {
  const stream = createStream(1, name)
  return {
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, () => stream.normal(0, stdDev)),
  }
}

const encoder: NamedArrays = new Map([
  ['encoder/kernel', normal('a', [3, 3, 1, 4], 0.5)],
  ['encoder/gamma', { shape: [4], data: new Float32Array(4).fill(1) }],
  ['encoder/beta', normal('b', [4], 0.1)],
  ['projector/hidden/kernel', normal('c', [FEATURES, 8], 0.35)],
  ['projector/hidden/bias', normal('d', [8], 0.1)],
  ['projector/output/kernel', normal('e', [8, EMBEDDING], 0.4)],
])

const withPredictor: NamedArrays = new Map([
  ...encoder,
  ['predictor/hidden', normal('f', [EMBEDDING, 8], 0.5)],
  ['predictor/output', normal('g', [8, EMBEDDING], 0.4)],
])

/** [2N, H, W, 1] -> [2N, D] */
function embed(views: TensorFlow.Tensor, parameters: Parameters): Tensor2D {
  const kernel = standardiseWeights(parameters['encoder/kernel'] as Tensor4D)
  const x = tf.conv2d(views as Tensor4D, kernel, 1, 1)
  const activated = tf.relu(
    groupNorm(x, parameters['encoder/gamma']!, parameters['encoder/beta']!, 2),
  )
  const pooled = tf.avgPool(activated, 4, 4, 'valid') // [2N, 2, 2, 4]
  return projector(tf.reshape(pooled, [-1, FEATURES]), parameters)
}

/** [2N, D] -> [2N, D] */
const predict = (embeddings: Tensor2D, parameters: Parameters): Tensor2D =>
  tf.matMul(
    tf.relu(tf.matMul(embeddings, parameters['predictor/hidden'] as Tensor2D)),
    parameters['predictor/output'] as Tensor2D,
  )

interface Objective {
  readonly weights: NamedArrays
  /** Inputs: `views`, and `keys` [2N, D] of the target network and `queue` where there are any. */
  readonly loss: Loss
  readonly carries: 'nothing' | 'target' | 'target and queue'
}

const objectives: Readonly<Record<string, Objective>> = {
  SimCLR: {
    weights: encoder,
    carries: 'nothing',
    loss: (parameters, { views }) => ntXentLoss(embed(views!, parameters), 0.5),
  },
  DCL: {
    weights: encoder,
    carries: 'nothing',
    loss: (parameters, { views }) => decoupledContrastiveLoss(embed(views!, parameters)),
  },
  'Barlow Twins': {
    weights: encoder,
    carries: 'nothing',
    loss: (parameters, { views }) => barlowTwinsLoss(splitViews(embed(views!, parameters))),
  },
  VICReg: {
    weights: encoder,
    carries: 'nothing',
    loss: (parameters, { views }) => vicregLoss(splitViews(embed(views!, parameters))),
  },
  SimSiam: {
    weights: withPredictor,
    carries: 'nothing',
    loss: (parameters, { views }) => {
      const embeddings = embed(views!, parameters)
      return simSiamLoss(splitViews(predict(embeddings, parameters)), splitViews(embeddings))
    },
  },
  BYOL: {
    weights: withPredictor,
    carries: 'target',
    loss: (parameters, { views, keys }) =>
      byolLoss(
        splitViews(predict(embed(views!, parameters), parameters)),
        splitViews(keys as Tensor2D),
      ),
  },
  'MoCo v3': {
    weights: withPredictor,
    carries: 'target',
    loss: (parameters, { views, keys }) =>
      mocoV3Loss(
        splitViews(predict(embed(views!, parameters), parameters)),
        splitViews(keys as Tensor2D),
      ),
  },
  'MoCo v2': {
    weights: encoder,
    carries: 'target and queue',
    loss: (parameters, { views, keys, queue }) =>
      mocoV2Loss({
        queries: splitViews(embed(views!, parameters))[0],
        keys: splitViews(keys as Tensor2D)[1],
        queue: queue as Tensor2D,
      }),
  },
}

const targetName = (name: string): string => `target/${name}`

/** The target network follows the weights, embeds the views, and its keys enter the queue. */
function stepOf({ weights, loss, carries }: Objective, optimiser: OptimiserPlan): Program {
  const trained = trainProgram(weights, loss, optimiser)
  if (carries === 'nothing') return trained
  return (inputs) => {
    const target = Object.fromEntries(
      [...weights.keys()].map((name) => [
        name,
        movingAverage(inputs[targetName(name)]!, inputs[name]!, tf.scalar(0.9)),
      ]),
    )
    const keys = embed(inputs['views']!, target)
    const next: Tensors = {
      ...trained({ ...inputs, keys }),
      ...Object.fromEntries(
        Object.entries(target).map(([name, tensor]) => [targetName(name), tensor]),
      ),
    }
    return carries === 'target'
      ? next
      : { ...next, queue: enqueueKeys(inputs['queue'] as Tensor2D, splitViews(keys)[1]) }
  }
}

function stateOf({ weights, carries }: Objective, optimiser: OptimiserPlan): NamedArrays {
  const trained = withBuffers(weights, optimiser)
  if (carries === 'nothing') return trained
  const targets = [...weights].map(([name, array]) => [targetName(name), array] as const)
  const queue = normal('queue', [QUEUE, EMBEDDING], Math.sqrt(1 / EMBEDDING))
  return new Map([
    ...trained,
    ...targets,
    ...(carries === 'target' ? [] : [['queue', queue] as const]),
  ])
}

const images = Float32Array.from(stripes({ images: STEPS * VIEWS }).pixels, (x) => x / 65535)

async function train(
  objective: Objective,
  optimiser: OptimiserPlan,
  runtime: RuntimeName,
): Promise<{ losses: number[]; state: NamedArrays }> {
  const executable = await compile(
    stepOf(objective, optimiser),
    { views: [VIEWS, 8, 8, 1], learningRate: [], step: [] },
    { state: stateOf(objective, optimiser), runtime },
  )
  const losses: number[] = []
  const perStep = VIEWS * 8 * 8
  for (let step = 1; step <= STEPS; step += 1) {
    const { loss } = await executable.run({
      views: images.slice((step - 1) * perStep, step * perStep),
      learningRate: new Float32Array([optimiser.learningRate]),
      step: new Float32Array([step]),
    })
    losses.push(loss![0]!)
  }
  const state = executable.readState()
  await executable.dispose()
  return { losses, state }
}

/** The largest difference, relative to the largest magnitude in `expected`. */
function difference(actual: Float32Array, expected: Float32Array): number {
  const largest = (xs: Float32Array): number => xs.reduce((max, x) => Math.max(max, Math.abs(x)), 0)
  return largest(expected.map((x, i) => x - actual[i]!)) / largest(expected)
}

async function expectSameTraining(objective: Objective, optimiser: OptimiserPlan): Promise<void> {
  const onnx = await train(objective, optimiser, 'onnx')
  const reference = await train(objective, optimiser, 'reference')
  onnx.losses.forEach((loss, i) => {
    expect(Math.abs(loss / reference.losses[i]! - 1)).toBeLessThan(1e-4)
  })
  for (const [name, { data }] of reference.state) {
    const close = difference(onnx.state.get(name)!.data, data) < 1e-4
    expect({ name, close }).toEqual({ name, close: true })
  }
  const kernel = 'encoder/kernel'
  expect(difference(reference.state.get(kernel)!.data, encoder.get(kernel)!.data)).toBeGreaterThan(
    1e-3,
  )
}

const sgd = { name: 'sgd', learningRate: 0.002, momentum: 0.9, weightDecay: 1e-4 } as const
const lars = { ...sgd, name: 'lars', learningRate: 0.2, trustCoefficient: 0.01 } as const

const optimisers: readonly OptimiserPlan[] = [
  { ...sgd, name: 'sgd-nesterov' },
  lars,
  { ...lars, name: 'lars-pytorch' },
  { ...lars, name: 'larc', learningRate: 0.02 },
  {
    name: 'adamw',
    learningRate: 0.005,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.05,
  },
]

test.each(Object.keys(objectives))('ten steps of %s', (name) =>
  expectSameTraining(objectives[name]!, sgd),
)

test.each(optimisers)('ten steps with $name', (optimiser) =>
  expectSameTraining(objectives['SimCLR']!, optimiser),
)
