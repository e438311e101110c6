import { createRequire } from 'node:module'
import type * as OnnxRuntime from 'onnxruntime-node'
import { providerNames } from '../runtimes/execution-provider.ts'
import { loadNativeTensorFlow } from '../runtimes/native-tensorflow.ts'
import { probeProvider } from '../runtimes/probe-provider.ts'
import { tf } from '../tf.ts'
import type { ProviderFinding, RuntimeFinding } from './doctor-report.ts'

export const findRuntimes = (): readonly RuntimeFinding[] => [
  findOnnx(),
  findTensorFlow(),
  { name: 'reference', loaded: true, detail: `TensorFlow.js ${tf.version_core}, for comparisons` },
]

function findOnnx(): RuntimeFinding {
  const name = 'onnx'
  try {
    const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime
    return { name, loaded: true, detail: `ONNX Runtime ${ort.env.versions.node!}` }
  } catch (error) {
    const [message] = (error as Error).message.split('\n')
    return { name, loaded: false, detail: `onnxruntime-node fails: ${message!}` }
  }
}

function findTensorFlow(): RuntimeFinding {
  const native = loadNativeTensorFlow()
  const detail = native.loaded ? native.packageName : native.reason
  return { name: 'tensorflow', loaded: native.loaded, detail }
}

/** One after the other: each loads a driver. */
export async function findProviders(): Promise<readonly ProviderFinding[]> {
  const findings: ProviderFinding[] = []
  for (const name of providerNames) findings.push({ name, ...(await probeProvider(name)) })
  return findings
}
