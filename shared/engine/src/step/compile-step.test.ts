import { mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { NamedArrays } from '@consilium/weights'
import type * as OnnxRuntime from 'onnxruntime-node'
import { compileStep, tf, type CompiledStep, type StepOptions } from '../index.ts'
import type { TensorFlow, Tensors, TrainingStep } from '../index.ts'
import { testOnTensorFlow } from '../testing/on-tensorflow.ts'

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime

type Tensor4D = TensorFlow.Tensor4D

/** A convolution over channels that fill blocks, a head over the whole batch, momentum. */
const step: TrainingStep = {
  prepare: (weight) => (weight.shape.length === 4 ? tf.mul(weight, 0.5) : weight),
  encode: (weights, samples) => {
    const opened = tf.relu(tf.conv2d(samples as Tensor4D, weights['open'] as Tensor4D, 1, 1))
    const closed = tf.relu(tf.conv2d(opened, weights['close'] as Tensor4D, 2, 1))
    return tf.mean(tf.add(closed, weights['shift']!), [1, 2])
  },
  loss: (weights, features, { targets }) => {
    const centred = tf.sub(features, tf.mean(features, 0, true))
    const error = tf.sub(tf.matMul(centred, weights['head'] as TensorFlow.Tensor2D), targets!)
    return tf.mean(tf.square(error))
  },
  buffers: ['momentum'],
  update: ({ weight, gradient, buffers, inputs }) => {
    const momentum = tf.add(tf.mul(buffers['momentum']!, 0.9), gradient)
    return {
      weight: tf.sub(weight, tf.mul(momentum, inputs['rate']!)),
      buffers: { momentum },
    }
  },
}

const ramp = (shape: readonly number[], scale: number) => ({
  shape,
  data: Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => scale * Math.sin((i + 1) * 12.9898),
  ),
})

const weights: NamedArrays = new Map([
  ['open', ramp([3, 3, 1, 16], 0.4)],
  ['close', ramp([3, 3, 16, 16], 0.1)],
  ['shift', ramp([16], 0.1)],
  ['head', ramp([16, 2], 0.5)],
])

const ROWS = 7
const SIZE = 4
const samples = ramp([ROWS, SIZE, SIZE, 1], 1).data
const inputs = { targets: ramp([ROWS, 2], 1).data, rate: new Float32Array([0.05]) }
const rows = (start: number, count: number): Float32Array =>
  samples.subarray(start * SIZE * SIZE, (start + count) * SIZE * SIZE)

let cache: string
const open: CompiledStep[] = []
beforeAll(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'consilium-step-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((compiled) => compiled.dispose()))
})
afterAll(() => rm(cache, { recursive: true }))

async function compiledStep(options: Partial<StepOptions> = {}): Promise<CompiledStep> {
  const compiled = await compileStep(step, {
    weights,
    samples: [ROWS, SIZE, SIZE, 1],
    inputs: { targets: [ROWS, 2], rate: [] },
    cache,
    ...options,
  })
  open.push(compiled)
  return compiled
}

async function train(options: Partial<StepOptions>, steps = 5) {
  const compiled = await compiledStep(options)
  const losses: number[] = []
  for (let i = 0; i < steps; i += 1) losses.push(await compiled.run(rows, inputs))
  return { losses, weights: compiled.readWeights(), choice: compiled.choice }
}

function expectClose(actual: NamedArrays, expected: NamedArrays): void {
  for (const [name, { data }] of expected) {
    const error = Math.max(...data.map((x, i) => Math.abs(x - actual.get(name)!.data[i]!)))
    expect({ name, close: error < 1e-5 }).toEqual({ name, close: true })
  }
}

test.each([
  ['on one thread', { threads: 1 }],
  ['on two threads', { threads: 2 }],
  ['on more threads than samples fill', { threads: 3 }],
  ['with activations computed again', { threads: 2, activationMemory: 0 }],
])('%s a step computes what it computes as a whole', async (_, options) => {
  const whole = await train({ runtime: 'reference' })
  const sharded = await train(options)
  sharded.losses.forEach((loss, i) => {
    expect(loss).toBeCloseTo(whole.losses[i]!, 5)
  })
  expectClose(sharded.weights, whole.weights)
  expect(sharded.losses.at(-1)!).toBeLessThan(sharded.losses[0]!)
})

test('the same choice gives the same bits', async () => {
  const [a, b] = [await train({ threads: 2 }), await train({ threads: 2 })]
  expect(b.choice).toEqual(a.choice)
  expect(b.losses).toEqual(a.losses)
  expect(b.weights).toEqual(a.weights)
})

test('small micro-batches add up to the same gradient', async () => {
  const whole = await train({ runtime: 'reference' })
  const sharded = await train({ threads: 2, microBatch: 2, activationMemory: 0 })
  expect(sharded.choice).toMatchObject({ microBatch: 2, microBatches: 4, recompute: true })
  expectClose(sharded.weights, whole.weights)
})

test('written weights begin with an optimiser that has seen nothing', async () => {
  const compiled = await compiledStep({ threads: 2 })
  for (let i = 0; i < 3; i += 1) await compiled.run(rows, inputs)
  await compiled.writeWeights(weights)
  const losses = [await compiled.run(rows, inputs), await compiled.run(rows, inputs)]
  expect(losses).toEqual((await train({ threads: 2 }, 2)).losses)
})

test.each(['onnx', 'reference'] as const)(
  'a state that is written to another compiled step (%s) goes on with the same bits',
  async (runtime) => {
    const first = await compiledStep({ threads: 2, runtime })
    for (let i = 0; i < 3; i += 1) await first.run(rows, inputs)
    const state = first.readState()
    const rest = [await first.run(rows, inputs), await first.run(rows, inputs)]
    const second = await compiledStep({ threads: 2, runtime })
    await second.run(rows, inputs)
    await second.writeState(state)
    expect([await second.run(rows, inputs), await second.run(rows, inputs)]).toEqual(rest)
    expect(second.readState()).toEqual(first.readState())
    expect([...state.keys()]).toContain('momentum/head')
  },
)

test('a state without the buffers is refused', async () => {
  const compiled = await compiledStep()
  await expect(compiled.writeState(weights)).rejects.toMatchObject({ code: 'WEIGHTS_MISMATCH' })
})

test.each([
  ['a missing input', { rate: inputs.rate }, /'targets' is missing/],
  ['a wrong size', { ...inputs, rate: new Float32Array(2) }, /'rate' is 2 values, expected 1/],
  [
    'an unknown input',
    { ...inputs, mask: new Float32Array(1) },
    /'mask' is 1 values, expected only/,
  ],
])('refuses %s before running', async (_, given, message) => {
  const compiled = await compiledStep()
  await expect(compiled.run(rows, given)).rejects.toMatchObject({
    code: 'ENGINE_INVALID_INPUT',
    message: expect.stringMatching(message),
  })
})

test('refuses samples of another size, and goes on afterwards', async () => {
  const compiled = await compiledStep()
  await expect(compiled.run(() => new Float32Array(3), inputs)).rejects.toMatchObject({
    code: 'ENGINE_INVALID_INPUT',
    message: expect.stringMatching(/'samples' is 3 values for rows 0 to \d+/),
  })
  expect(await compiled.run(rows, inputs)).toBe((await train({}, 1)).losses[0])
})

test('a source that fails ends the step with its error, and the next step works', async () => {
  const compiled = await compiledStep({ threads: 2 })
  const fail = (): Promise<Float32Array> => Promise.reject(new Error('no more images'))
  await expect(compiled.run(fail, inputs)).rejects.toThrow('no more images')
  expect(await compiled.run(rows, inputs)).toBe((await train({ threads: 2 }, 1)).losses[0])
})

const choicesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((file) => file.endsWith('.json'))

test.each([
  ['kept', { threads: 2 }],
  ['computed again', { threads: 2, activationMemory: 0 }],
])(
  'with activations %s, models from the cache give the same bits as models optimised anew',
  async (_, options) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'consilium-models-'))
    const models = path.join(folder, 'models')
    const first = await train({ ...options, cache: folder })
    const files = (await readdir(models)).sort()
    expect(files.length).toBeGreaterThan(5)
    expect(await train({ ...options, cache: folder })).toEqual(first)
    await Promise.all(files.map((file) => truncate(path.join(models, file), 100)))
    expect(await train({ ...options, cache: folder })).toEqual(first)
    expect((await readdir(models)).sort()).toEqual(files)
    const { size } = await stat(path.join(models, files[0]!))
    expect(size).not.toBe(100)
    await rm(folder, { recursive: true })
  },
)

test('measured choices are kept, and a damaged one is measured again', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'consilium-choices-'))
  const { choice } = await train({ cache: folder }, 1)
  const files = await choicesIn(folder)
  expect(files.length).toBeGreaterThan(0)
  await writeFile(path.join(folder, files[0]!), '{"lowering":')
  const again = await train({ cache: folder }, 1)
  expect(again.losses).toHaveLength(1)
  expect(choice.lowerings).toMatch(/^[0-9a-f]{64}$/)
  await rm(folder, { recursive: true })
})

testOnTensorFlow('on TensorFlow a step computes what the reference computes', async () => {
  const expected = await train({ runtime: 'reference' })
  const native = await train({ runtime: 'tensorflow' })
  native.losses.forEach((loss, i) => {
    expect(loss).toBeCloseTo(expected.losses[i]!, 5)
  })
  expectClose(native.weights, expected.weights)
})

test('a step on a provider that is not there is that of the CPU, and says so', async () => {
  const notices: string[] = []
  const provider = process.platform === 'darwin' ? 'dml' : 'coreml'
  const onNotice = (message: string): void => void notices.push(message)
  const asked = await train({ provider, threads: 2, onNotice }, 2)
  const onCpu = await train({ threads: 2 }, 2)
  expect(asked).toEqual(onCpu)
  expect(asked.choice.provider).toBe('cpu')
  expect(notices).toEqual([expect.stringContaining(`'${provider}' cannot be used here`)])
})

test('the models that are loaded are written for people to look at, and ONNX Runtime reads them', async () => {
  const dump = await mkdtemp(path.join(tmpdir(), 'consilium-dump-'))
  await compiledStep({ threads: 2, microBatch: 2, dump })
  const files = await readdir(dump)
  const graphs = ['add-0', 'add-1', 'loss', 'prepare-0', 'prepare-1', 'update-0', 'update-1']
  const models = [...graphs, 'backward', 'forward', 'weights-0', 'weights-1']
  expect(files.sort()).toEqual(
    [
      ...models.map((name) => `${name}.onnx`),
      ...[...graphs, 'shard'].flatMap((name) => [`${name}.txt`, `${name}.dot`]),
    ].sort(),
  )
  expect(await readFile(path.join(dump, 'loss.txt'), 'utf8')).toMatch(/^output loss = %\d+$/m)
  const session = await ort.InferenceSession.create(path.join(dump, 'forward.onnx'))
  expect(session.inputNames).toContain('step:samples')
  await session.release()
  await rm(dump, { recursive: true })
})

describe('networks of any form', () => {
  const dense = (encode: TrainingStep['encode']): TrainingStep => ({
    prepare: (weight) => weight,
    encode,
    loss: (_, features, { target }) => tf.mean(tf.square(tf.sub(features, target!))),
    buffers: [],
    update: ({ weight, gradient, inputs }) => ({
      weight: tf.sub(weight, tf.mul(gradient, inputs['rate']!)),
      buffers: {},
    }),
  })
  const rowsOf2 = ramp([5, 2], 1).data
  const trainDense = async (encode: TrainingStep['encode'], options: Partial<StepOptions>) => {
    const compiled = await compileStep(dense(encode), {
      weights: new Map([['w', ramp([2, 3], 0.7)]]),
      samples: [5, 2],
      inputs: { target: [5, 3], rate: [] },
      cache,
      ...options,
    })
    open.push(compiled)
    const given = { target: ramp([5, 3], 0.5).data, rate: new Float32Array([0.1]) }
    const source = (start: number, count: number): Float32Array =>
      rowsOf2.subarray(start * 2, (start + count) * 2)
    const losses = [await compiled.run(source, given), await compiled.run(source, given)]
    return { losses, weights: compiled.readWeights() }
  }
  const product = (weights: Tensors, samples: TensorFlow.Tensor): TensorFlow.Tensor2D =>
    tf.matMul(samples, weights['w'] as TensorFlow.Tensor2D)

  const encoders: Record<string, TrainingStep['encode']> = {
    'a clip': (weights, samples) => tf.clipByValue(product(weights, samples), -0.3, 0.3),
    'a clip of a weight': ({ w }, samples) =>
      product({ w: tf.clipByValue(w!, -0.5, 0.5) }, samples),
    'a choice': (weights, samples) => {
      const h = product(weights, samples)
      return tf.where(tf.greaterEqual(h, 0.1), h, tf.mul<TensorFlow.Tensor2D>(h, 0.2))
    },
    'a maximum': (weights, samples) => {
      const h = product(weights, samples)
      return tf.sub(h, tf.max(h, 1, true))
    },
    'features that their own gradient needs': (weights, samples) =>
      tf.softmax(product(weights, samples)),
    'a gradient that is always 0': (weights, samples) => tf.step(product(weights, samples)),
  }

  test.each(Object.keys(encoders))('%s', async (name) => {
    const whole = await trainDense(encoders[name]!, { runtime: 'reference' })
    for (const options of [{ threads: 1 }, { threads: 3 }, { threads: 2, activationMemory: 0 }]) {
      const sharded = await trainDense(encoders[name]!, options)
      expectClose(sharded.weights, whole.weights)
      expect(sharded.losses[1]!).toBeCloseTo(whole.losses[1]!, 5)
    }
  })

  test('features that are the same for all samples are refused', async () => {
    const constant: TrainingStep['encode'] = ({ w }) =>
      tf.concat([w!, w!, tf.slice(w!, 0, 1)]) as never
    await expect(trainDense(constant, {})).rejects.toMatchObject({
      code: 'ENGINE_INVALID_OUTPUT',
      message: expect.stringContaining('features that depend on the sample of their row'),
    })
  })
})

test('calls that overlap happen one after the other', async () => {
  const compiled = await compiledStep({ threads: 2 })
  const losses = await Promise.all([compiled.run(rows, inputs), compiled.run(rows, inputs)])
  expect(losses).toEqual((await train({ threads: 2 }, 2)).losses)
})

test('a step can be disposed of twice, and refuses to run afterwards', async () => {
  const compiled = await compiledStep()
  await compiled.dispose()
  await compiled.dispose()
  await expect(compiled.run(rows, inputs)).rejects.toMatchObject({ code: 'ENGINE_LANE_ENDED' })
})

test.each([
  ['threads', { threads: 0 }, /'threads' is 0, expected a whole number from 1/],
  ['a micro-batch', { microBatch: 1.5 }, /'microBatch' is 1\.5/],
  ['a batch', { samples: [0, SIZE, SIZE, 1] }, /'rows of samples' is 0/],
  [
    'a weight',
    { weights: new Map([['open', { shape: [4], data: new Float32Array(3) }]]) },
    /'open' is 3 values, expected 4/,
  ],
])('refuses %s that cannot be', async (_, options, message) => {
  await expect(compiledStep(options)).rejects.toMatchObject({
    code: 'ENGINE_INVALID_INPUT',
    message: expect.stringMatching(message),
  })
})

test('a choice that nobody offers is made again and replaced', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'consilium-choices-'))
  const { choice } = await train({ cache: folder }, 1)
  for (const file of await choicesIn(folder))
    await writeFile(path.join(folder, file), '{"lowering":"__proto__"}')
  await train({ cache: folder }, 1)
  for (const file of await choicesIn(folder))
    expect(await readFile(path.join(folder, file), 'utf8')).toMatch(
      /"lowering":"(taps|blocks|operator)"/,
    )
  expect(choice.lanes).toBe(1)
  await rm(folder, { recursive: true })
})

test('without a folder for choices a step compiles all the same', async () => {
  const file = path.join(cache, 'a-file')
  await writeFile(file, '')
  expect((await train({ cache: path.join(file, 'below') }, 1)).losses).toHaveLength(1)
})
