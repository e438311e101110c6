import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { NamedArrays } from '@consilium/weights'
import type * as OnnxRuntime from 'onnxruntime-node'
import { compileStep, tf, type CompiledStep, type StepOptions } from '../index.ts'
import type { TensorFlow, TrainingStep } from '../index.ts'
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
  expect(() => compiled.run(rows, given)).toThrow(
    expect.objectContaining({
      code: 'ENGINE_INVALID_INPUT',
      message: expect.stringMatching(message),
    }),
  )
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

test('measured choices are kept, and a damaged one is measured again', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'consilium-choices-'))
  const { choice } = await train({ cache: folder }, 1)
  const files = await readdir(folder)
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
