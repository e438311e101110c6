import { createRequire } from 'node:module'
import type * as OnnxRuntime from 'onnxruntime-node'
import type { ProviderName } from '../runtimes/execution-provider.ts'
import { GraphWriter } from './graph-writer.ts'
import { serialiseModel, valueInfo } from './encode-model.ts'

const CHANNELS = 16

let known: Promise<number> | undefined

/**
 * Channels in a block of ONNX Runtime's blocked convolutions on this processor: 16 with AVX-512, 8 with AVX2, 0 where
 * it has none, as no other execution provider has. It is not published, so it is measured: two pixels of sixteen channels
 * are reordered, and where the first channel's second pixel stands says how.
 */
export const blockSize = (provider: ProviderName = 'cpu'): Promise<number> =>
  provider === 'cpu' ? (known ??= measure()) : Promise.resolve(0)

async function measure(): Promise<number> {
  const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime
  const dims = [1, CHANNELS, 1, 2]
  const writer = new GraphWriter()
  const blocked = writer.emit('ReorderInput', ['x'], { channels_last: 0 }, 'com.microsoft.nchwc')
  const info = (name: string): Record<string, unknown> =>
    valueInfo([name, { shape: dims, dtype: 'float32' }])
  const model = serialiseModel({
    nodes: writer.nodes,
    initializers: [],
    inputs: [info('x')],
    outputs: [info(blocked)],
  })
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      logSeverityLevel: 4,
    })
    const ramp = Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i)
    const { [blocked]: result } = await session.run({ x: new ort.Tensor('float32', ramp, dims) })
    await session.release()
    // Value 1 is the second pixel of the first channel: it follows the first pixel's block.
    return (result!.data as Float32Array).indexOf(1)
  } catch {
    return 0
  }
}
