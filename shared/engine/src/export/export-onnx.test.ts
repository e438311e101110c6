import { createRequire } from 'node:module'
import type { NamedArrays } from '@consilium/weights'
import type * as OnnxRuntime from 'onnxruntime-node'
import { compile, tf, type Program, type TensorFlow } from '../index.ts'
import { modelType } from '../onnx/model-schema.ts'
import { exportOnnx } from './export-onnx.ts'

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime

const classifier: Program = (inputs) => {
  const kernel = inputs['conv/kernel'] as TensorFlow.Tensor4D
  const y = tf.relu(tf.conv2d(inputs['images'] as TensorFlow.Tensor4D, kernel, 1, 'same'))
  const features = tf.mean(y, [1, 2])
  return { features, logits: tf.add(tf.matMul(features, inputs['head/kernel']!), inputs['bias']!) }
}

const ramp = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i + 1))

const signature = { images: [2, 4, 4, 1] }
const state: NamedArrays = new Map([
  ['conv/kernel', { shape: [3, 3, 1, 3], data: ramp(27) }],
  ['head/kernel', { shape: [3, 2], data: ramp(6) }],
  ['bias', { shape: [2], data: new Float32Array([1, -1]) }],
])

test('ONNX Runtime alone computes from the file what the compiled program computes', async () => {
  const images = ramp(32)
  const executable = await compile(classifier, signature, { state })
  const expected = await executable.run({ images })
  await executable.dispose()
  const session = await ort.InferenceSession.create(exportOnnx(classifier, signature, { state }))
  const outputs = await session.run({ images: new ort.Tensor('float32', images, [2, 4, 4, 1]) })
  expect(outputs['features']!.dims).toEqual([2, 3])
  expect(outputs['logits']!.dims).toEqual([2, 2])
  for (const name of ['features', 'logits']) {
    const values = outputs[name]!.data as Float32Array
    expected[name]!.forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 5)
    })
  }
  await session.release()
})

test('the file has the names, the opset and what it says about itself', () => {
  const model = modelType.toObject(
    modelType.decode(
      exportOnnx(classifier, signature, {
        state,
        producerVersion: '1.2.3',
        docString: 'A classifier of nothing.',
        metadata: { study: 'demo', round: '12' },
      }),
    ),
    { longs: Number },
  )
  expect(model).toMatchObject({
    irVersion: 9,
    producerName: 'consilium',
    producerVersion: '1.2.3',
    docString: 'A classifier of nothing.',
    metadataProps: [
      { key: 'study', value: 'demo' },
      { key: 'round', value: '12' },
    ],
    opsetImport: [{ version: 18 }],
    graph: {
      input: [
        {
          name: 'images',
          type: {
            tensorType: {
              elemType: 1,
              shape: { dim: [2, 4, 4, 1].map((dimValue) => ({ dimValue })) },
            },
          },
        },
      ],
      output: [{ name: 'features' }, { name: 'logits' }],
    },
  })
})

test('the weights are in the file under their names', () => {
  const model = modelType.toObject(modelType.decode(exportOnnx(classifier, signature, { state })), {
    longs: Number,
  })
  const { initializer } = model['graph'] as { initializer: Record<string, unknown>[] }
  expect(initializer.slice(0, 3)).toEqual([
    { name: 'conv/kernel', dims: [3, 3, 1, 3], dataType: 1, rawData: bytesOf(ramp(27)) },
    { name: 'head/kernel', dims: [3, 2], dataType: 1, rawData: bytesOf(ramp(6)) },
    { name: 'bias', dims: [2], dataType: 1, rawData: bytesOf(new Float32Array([1, -1])) },
  ])
})

const bytesOf = (data: Float32Array): Buffer => Buffer.from(data.buffer)

test.each<[string, NamedArrays, string]>([
  [
    'weights that the program does not use',
    new Map([...state, ['projector/kernel', { shape: [1], data: new Float32Array(1) }]]),
    "Input 'projector/kernel' is given as state, expected names that the program uses and no others. Nothing was run.",
  ],
  [
    'weights with the name of an input',
    new Map([...state, ['images', { shape: [1], data: new Float32Array(1) }]]),
    "Input 'images' is in the signature and in the state, expected one of the two. Nothing was run.",
  ],
  [
    'more weights than an ONNX file can hold',
    new Map([
      ...state,
      ['large', { shape: [2 ** 29], data: { byteLength: 2 ** 31 } as Float32Array }],
    ]),
    "Input 'state' is 2147483788 bytes, expected at most 2147483647, the largest ONNX file. Nothing was run.",
  ],
])('%s are refused', (_, wrong, message) => {
  expect(() => exportOnnx(classifier, signature, { state: wrong })).toThrow(
    expect.objectContaining({ code: 'ENGINE_INVALID_INPUT', message }),
  )
})

test.each(['images', 'bias'])('an output called like the input or weight %s is refused', (name) => {
  const program: Program = (inputs) => ({ ...classifier(inputs), [name]: inputs[name]! })
  expect(() => exportOnnx(program, signature, { state })).toThrow(
    expect.objectContaining({
      code: 'ENGINE_INVALID_OUTPUT',
      message: `Output '${name}' is called like an input or a weight, expected a name of its own, as ONNX has one name space.`,
    }),
  )
})

describe.each(['', '~Relu_1'])("the name '%s', which ONNX or the engine keeps,", (name) => {
  const expected = "is a reserved name, expected one that is not empty and does not begin with '~'."
  const x = { shape: [1], data: new Float32Array(1) }
  const named: Program = (inputs) => ({ y: tf.relu(inputs[name]!) })

  test.each([
    ['input', { [name]: [1] }, new Map()],
    ['weight', {}, new Map([[name, x]])],
  ] as const)('is refused for an %s', (_, wrong, weights: NamedArrays) => {
    expect(() => exportOnnx(named, wrong, { state: weights })).toThrow(
      expect.objectContaining({
        code: 'ENGINE_INVALID_INPUT',
        message: `Input '${name}' ${expected} Nothing was run.`,
      }),
    )
  })

  test('is refused for an output', () => {
    expect(() => exportOnnx((inputs) => ({ [name]: tf.relu(inputs['x']!) }), { x: [1] })).toThrow(
      expect.objectContaining({
        code: 'ENGINE_INVALID_OUTPUT',
        message: `Output '${name}' ${expected}`,
      }),
    )
  })
})
