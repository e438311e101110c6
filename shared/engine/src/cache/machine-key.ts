import { createRequire } from 'node:module'
import { arch, cpus, platform } from 'node:os'

/** What timings, and the last bits of results, depend on besides the graph: processor and ONNX Runtime. */
export function machineKey(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
    version: string
  }
  return `${platform()}-${arch()} ${cpus()[0]?.model ?? 'unknown processor'} onnxruntime ${version}`
}
