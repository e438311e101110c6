/** Finds out whether an execution provider can be used on this machine, by letting it compute something. */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { fileURLToPath } from 'node:url'
import type * as OnnxRuntime from 'onnxruntime-node'
import { serialiseModel, valueInfo } from '../onnx/encode-model.ts'
import { GraphWriter } from '../onnx/graph-writer.ts'
import { ownModule } from '../own-module.ts'
import type { ProviderName } from './execution-provider.ts'
import { failureReason, type ProbeFailure } from './provider-failure.ts'

export type ProviderState =
  { readonly usable: true } | { readonly usable: false; readonly reason: string }

/** A driver may compile its kernels when it is first used. */
const PROBE_TIMEOUT_MS = 60_000

const MATRIX = [1, 2, 3, 4]
const SQUARE = [7, 10, 15, 22]

const known = new Map<ProviderName, Promise<ProviderState>>()

/** Probed once in the life of the process. */
export function probeProvider(provider: ProviderName): Promise<ProviderState> {
  const state = known.get(provider) ?? probe(provider)
  known.set(provider, state)
  return state
}

async function probe(provider: ProviderName): Promise<ProviderState> {
  const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime
  if (!ort.listSupportedBackends().some(({ name }) => name === provider)) {
    const build = `${platform()}-${arch()}`
    return { usable: false, reason: `onnxruntime-node comes without it for ${build}` }
  }
  const answer = await runProbe(provider)
  if ('error' in answer) return { usable: false, reason: failureReason(answer) }
  return answer.values.join() === SQUARE.join()
    ? { usable: true }
    : { usable: false, reason: 'it computes wrong results' }
}

/** In a process of its own: a broken graphics driver ends the one that loads it, and prints what only defects explain. */
function runProbe(
  provider: ProviderName,
): Promise<ProbeFailure | { readonly values: readonly number[] }> {
  const { url, execArgv = [] } = ownModule('probe-process', import.meta.url)
  const model = Buffer.from(squareModel()).toString('base64')
  const args = [...execArgv, fileURLToPath(url), provider, model, MATRIX.join()]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: PROBE_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as { values: number[] })
      else resolve({ error: error.killed === true ? 'timeout' : (error.signal ?? stdout), stderr })
    })
  })
}

/** x [2, 2] -> y = x x [2, 2] */
function squareModel(): Uint8Array {
  const writer = new GraphWriter()
  const square = writer.emit('MatMul', ['x', 'x'])
  const info = (name: string): Record<string, unknown> =>
    valueInfo([name, { shape: [2, 2], dtype: 'float32' }])
  return serialiseModel({
    nodes: writer.nodes,
    initializers: [],
    inputs: [info('x')],
    outputs: [info(square)],
  })
}
