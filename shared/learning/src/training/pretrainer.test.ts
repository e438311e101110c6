import { compileStep } from '@consilium/engine'
import { encodeSafetensors, sha256, type NamedArrays } from '@consilium/weights'
import { simclr } from '../objectives/simclr.ts'
import { initialParameters } from '../parameters.ts'
import { stripes } from '../testing/stripes.ts'
import { tinyPlan } from '../testing/tiny-plan.ts'
import {
  createPretrainer,
  type Pretrainer,
  type RoundCheckpoint,
  type RoundProgress,
} from './pretrainer.ts'
import { optimiserInputs, trainStep } from './train-step.ts'

const noProgress = (): Promise<void> => Promise.resolve()
const digest = (weights: NamedArrays): string => sha256(encodeSafetensors(weights))

const open: Pretrainer[] = []
const pretrainerOf: typeof createPretrainer = async (options) => {
  const pretrainer = await createPretrainer(options)
  open.push(pretrainer)
  return pretrainer
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((pretrainer) => pretrainer.dispose()))
})

test('ten whole steps agree between onnx and the reference to 1e-4', async () => {
  const plan = tinyPlan()
  const weights = initialParameters(plan)
  const views = Float32Array.from(stripes({ images: 8 }).pixels, (x) => x / 65535)
  // Gentle: at a steep rate training is chaotic, and any rounding grows to the size of the weights.
  const learningRate = new Float32Array([0.002])
  const run = async (runtime: 'onnx' | 'reference') => {
    const compiled = await compileStep(trainStep(simclr(plan), plan.optimiser), {
      weights,
      samples: [8, 8, 8, 1],
      inputs: optimiserInputs,
      runtime,
      threads: 2,
    })
    const rowsOf = (start: number, count: number) =>
      views.subarray(start * 64, (start + count) * 64)
    for (let step = 1; step <= 10; step += 1)
      await compiled.run(rowsOf, { learningRate, step: new Float32Array([step]) })
    await compiled.dispose()
    return compiled.readWeights()
  }
  const [onnx, reference] = [await run('onnx'), await run('reference')]
  for (const [name, { data }] of reference) {
    const scale = data.reduce((max, x) => Math.max(max, Math.abs(x)), 1)
    const error = data.reduce(
      (max, x, i) => Math.max(max, Math.abs(x - onnx.get(name)!.data[i]!) / scale),
      0,
    )
    expect({ name, close: error < 1e-4 }).toEqual({ name, close: true })
  }
}, 60_000)

test('the same round trained twice, and by another trainer after other rounds, gives the same bits', async () => {
  const options = {
    plan: tinyPlan(),
    site: 'a',
    dataset: stripes({ images: 60 }),
    weights: initialParameters(tinyPlan()),
  }
  const first = await pretrainerOf(options)
  const second = await pretrainerOf(options)
  const one = await first.trainRound(2, options.weights, noProgress)
  await second.trainRound(1, options.weights, noProgress)
  const two = await second.trainRound(2, options.weights, noProgress)
  expect(digest(two.weights)).toBe(digest(one.weights))
  const other = await second.trainRound(3, options.weights, noProgress)
  expect(digest(other.weights)).not.toBe(digest(one.weights))
})

test.each(['sgd', 'lars', 'adamw'] as const)(
  'a round that goes on from any of its checkpoints, in another trainer, ends with the same bits (%s)',
  async (name) => {
    const rates = { learningRate: 0.05, weightDecay: 1e-4 }
    const optimiser = {
      sgd: { name: 'sgd', ...rates, momentum: 0.9 },
      lars: { name: 'lars', ...rates, momentum: 0.9, trustCoefficient: 0.001 },
      adamw: { name: 'adamw', ...rates, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    } as const
    const plan = tinyPlan({
      optimiser: optimiser[name],
      schedule: { rounds: 4, localEpochs: 2, batch: 16, warmup: 0.1 },
    })
    const weights = initialParameters(plan)
    const options = { plan, site: 'a', dataset: stripes({ images: 60 }), weights, threads: 2 }
    const whole = await pretrainerOf(options)
    const checkpoints: RoundCheckpoint[] = []
    const uninterrupted = await whole.trainRound(2, weights, (_, checkpoint) => {
      checkpoints.push(checkpoint())
      return Promise.resolve()
    })
    expect(checkpoints.map(({ step }) => step)).toEqual([1, 2, 3, 4])
    const other = await pretrainerOf(options)
    await other.trainRound(1, weights, noProgress)
    for (const checkpoint of checkpoints) {
      const steps: number[] = []
      const { weights: ended, ...rest } = await other.resumeRound(2, checkpoint, ({ step }) => {
        steps.push(step)
        return Promise.resolve()
      })
      expect(steps).toEqual([1, 2, 3, 4].slice(checkpoint.step))
      const { weights: expected, ...expectedRest } = uninterrupted
      expect(rest).toEqual(expectedRest)
      expect(digest(ended)).toBe(digest(expected))
    }
  },
)

test('with SCAFFOLD a correction is added to the gradient, and none changes no bit', async () => {
  const changes = {
    optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0, weightDecay: 1e-4 },
    schedule: { rounds: 1, localEpochs: 1, batch: 64, warmup: 0 },
  } as const
  const plan = tinyPlan({ ...changes, aggregation: { rule: 'scaffold', serverLearningRate: 1 } })
  const weights = initialParameters(plan)
  const options = { site: 'a', dataset: stripes({ images: 30 }), weights, threads: 2 }
  const corrected = await pretrainerOf({ plan, ...options })
  const plain = await pretrainerOf({ plan: tinyPlan(changes), ...options })
  const correction: NamedArrays = new Map(
    [...weights].map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((_, i) => 1 + (i % 7)) },
    ]),
  )
  const without = await corrected.trainRound(1, weights, noProgress)
  expect(digest(without.weights)).toBe(
    digest((await plain.trainRound(1, weights, noProgress)).weights),
  )
  const withIt = await corrected.trainRound(1, weights, noProgress, correction)
  expect(withIt.steps).toBe(1)
  // The one step is half-way through the cosine.
  for (const [name, { data }] of withIt.weights)
    data.forEach((value, i) => {
      expect(value - without.weights.get(name)!.data[i]!).toBeCloseTo(-0.05 * (1 + (i % 7)), 5)
    })
})

test('a corrected round that goes on from a checkpoint ends with the same bits', async () => {
  const plan = tinyPlan({ aggregation: { rule: 'scaffold', serverLearningRate: 1 } })
  const weights = initialParameters(plan)
  const options = { plan, site: 'a', dataset: stripes({ images: 60 }), weights }
  const correction: NamedArrays = new Map(
    [...weights].map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((x) => 0.01 * Math.cos(100 * x)) },
    ]),
  )
  const first = await pretrainerOf(options)
  const checkpoints: RoundCheckpoint[] = []
  const onStep = (_: RoundProgress, checkpoint: () => RoundCheckpoint): Promise<void> => {
    checkpoints.push(checkpoint())
    return Promise.resolve()
  }
  const whole = await first.trainRound(2, weights, onStep, correction)
  const other = await pretrainerOf(options)
  const rest = await other.resumeRound(2, checkpoints[1]!, noProgress, correction)
  expect(digest(rest.weights)).toBe(digest(whole.weights))
  const uncorrected = await other.resumeRound(2, checkpoints[1]!, noProgress)
  expect(digest(uncorrected.weights)).not.toBe(digest(whole.weights))
})

test('the loss falls over the rounds, and progress counts every step', async () => {
  const plan = tinyPlan({ schedule: { rounds: 6, localEpochs: 3, batch: 16, warmup: 0.1 } })
  let weights = initialParameters(plan)
  const pretrainer = await pretrainerOf({
    plan,
    site: 'a',
    dataset: stripes({ images: 120 }),
    weights,
  })
  const losses: number[] = []
  const seen: RoundProgress[] = []
  for (let round = 1; round <= 6; round += 1) {
    const outcome = await pretrainer.trainRound(round, weights, (progress) => {
      if (round === 1) seen.push(progress)
      return Promise.resolve()
    })
    weights = outcome.weights
    losses.push(outcome.meanLoss)
  }
  expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.2)
  expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1))
  expect(seen[0]).toMatchObject({ steps: 15, batch: 16 })
})

test('a site with fewer images than a batch trains on all of them in every step', async () => {
  const weights = initialParameters(tinyPlan())
  const pretrainer = await pretrainerOf({
    plan: tinyPlan(),
    site: 'a',
    dataset: stripes({ images: 9 }),
    weights,
  })
  const outcome = await pretrainer.trainRound(1, weights, noProgress)
  expect(outcome).toMatchObject({ steps: 2, samples: 6, batch: 6 })
  expect(digest(outcome.weights)).not.toBe(digest(weights))
})

test('the very first step of a study moves the weights, warm-up or not', async () => {
  const plan = tinyPlan({ schedule: { rounds: 3, localEpochs: 1, batch: 64, warmup: 0.5 } })
  const weights = initialParameters(plan)
  const pretrainer = await pretrainerOf({
    plan,
    site: 'a',
    dataset: stripes({ images: 9 }),
    weights,
  })
  const outcome = await pretrainer.trainRound(1, weights, noProgress)
  expect(outcome.steps).toBe(1)
  expect(digest(outcome.weights)).not.toBe(digest(weights))
})

test('a loss that is not a number ends the round at that step', async () => {
  const weights = initialParameters(tinyPlan())
  const pretrainer = await pretrainerOf({
    plan: tinyPlan(),
    site: 'a',
    dataset: stripes({ images: 60 }),
    weights,
  })
  const broken = new Map(weights)
  broken.set('projector/output/kernel', {
    ...weights.get('projector/output/kernel')!,
    data: weights.get('projector/output/kernel')!.data.map(() => NaN),
  })
  await expect(pretrainer.trainRound(1, broken, noProgress)).rejects.toMatchObject({
    code: 'TRAINING_NOT_FINITE',
    message: expect.stringContaining('round 1 is not a finite number at step 1'),
  })
})

test('a site with a single image is refused with the reason', async () => {
  const options = {
    plan: tinyPlan(),
    site: 'a',
    dataset: stripes({ images: 1 }),
    weights: initialParameters(tinyPlan()),
  }
  await expect(createPretrainer(options)).rejects.toMatchObject({ code: 'TRAINING_TOO_FEW_IMAGES' })
})
