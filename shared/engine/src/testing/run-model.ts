import { createRequire } from 'node:module'
import type * as OnnxRuntime from 'onnxruntime-node'
import type { TestInput } from './run-on.ts'

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime

/** Runs an ONNX model as it stands: ONNX Runtime's own rewriting is off. */
export async function runModel(
  model: Uint8Array,
  inputs: Readonly<Record<string, TestInput>>,
): Promise<Readonly<Record<string, Float32Array>>> {
  const session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [
      name,
      new ort.Tensor('float32', data, [...shape]),
    ]),
  )
  const outputs = await session.run(feeds)
  await session.release()
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]),
  )
}
