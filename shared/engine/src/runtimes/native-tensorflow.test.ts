import { compile, type Program } from '../index.ts'
import { testOnTensorFlow } from '../testing/on-tensorflow.ts'
import { tf } from '../tf.ts'
import { loadNativeTensorFlow } from './native-tensorflow.ts'

const isInstalled = loadNativeTensorFlow().loaded
const identity: Program = ({ x }) => ({ y: x! })

const missing = (name: string): Error => new Error(`Cannot find module '${name}'\nRequire stack:`)

test('where neither package is installed, it says so', () => {
  const native = loadNativeTensorFlow((name) => {
    throw missing(name)
  })
  expect(native).toEqual({
    loaded: false,
    reason: 'neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed',
  })
})

test('a package that is there but lacks its native library is named with its first line', () => {
  const native = loadNativeTensorFlow((name) => {
    if (name === '@tensorflow/tfjs-node') throw missing(name)
    throw missing('tfjs_binding.node')
  })
  expect(native).toEqual({
    loaded: false,
    reason: "@tensorflow/tfjs-node-gpu fails: Cannot find module 'tfjs_binding.node'",
  })
})

describe('with a package that registers its backend', () => {
  beforeEach(() => {
    if (!isInstalled) tf.registerBackend('tensorflow', () => tf.backend())
  })
  afterEach(() => {
    if (!isInstalled) tf.removeBackend('tensorflow')
  })

  test('tfjs-node is taken where tfjs-node-gpu is not installed', () => {
    const native = loadNativeTensorFlow((name) => {
      if (name === '@tensorflow/tfjs-node-gpu') throw missing(name)
    })
    expect(native).toEqual({ loaded: true, packageName: '@tensorflow/tfjs-node' })
  })
})

if (!isInstalled) {
  test('a package that registers its backend in a copy of TensorFlow.js of its own is not used', () => {
    expect(loadNativeTensorFlow(() => undefined)).toMatchObject({
      loaded: false,
      reason: expect.stringContaining(
        '@tensorflow/tfjs-node-gpu has a copy of TensorFlow.js of its own',
      ),
    })
  })

  test('asking for the runtime tensorflow says why there is none and how to go on', async () => {
    await expect(compile(identity, { x: [1] }, { runtime: 'tensorflow' })).rejects.toMatchObject({
      code: 'ENGINE_RUNTIME_UNAVAILABLE',
      message: expect.stringMatching(
        /^The runtime 'tensorflow' cannot be loaded on this machine: .*tfjs-node.*\. Compile for the runtime 'onnx'/,
      ),
    })
  })
}

testOnTensorFlow('a program runs on TensorFlow', async () => {
  const executable = await compile(identity, { x: [1] }, { runtime: 'tensorflow' })
  expect(await executable.run({ x: new Float32Array([3]) })).toEqual({ y: new Float32Array([3]) })
})
