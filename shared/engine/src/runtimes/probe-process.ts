/**
 * A process that lets an execution provider compute one model. Arguments: the provider, the model in base64, the values
 * of its input x [2, 2]. Prints the values of its output as JSON; if it fails, the message alone, and exits with 1.
 */
import { createRequire } from 'node:module'
import type * as OnnxRuntime from 'onnxruntime-node'
import type { ProviderName } from './execution-provider.ts'
import { sessionOptions } from './session-options.ts'

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime

const [provider, model, values] = process.argv.slice(2) as [ProviderName, string, string]
try {
  const session = await ort.InferenceSession.create(
    Buffer.from(model, 'base64'),
    sessionOptions({ threads: 1, provider }),
  )
  const x = new ort.Tensor('float32', Float32Array.from(values.split(','), Number), [2, 2])
  const [y] = Object.values(await session.run({ x }))
  await session.release()
  process.stdout.write(JSON.stringify({ values: [...(y!.data as Float32Array)] }))
} catch (error) {
  process.stdout.write((error as Error).message)
  process.exitCode = 1
}
