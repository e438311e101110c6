/** tfjs-node-gpu is an optional dependency, and tfjs-node none: their native library comes from outside the npm registry. */
import { createRequire } from 'node:module'
import { tf } from '../tf.ts'

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']

export type NativeTensorFlow =
  | { readonly loaded: true; readonly packageName: string }
  | { readonly loaded: false; readonly reason: string }

/** Loads the first package that is there and works; it registers the backend `tensorflow`. `load` is Node's `require`. */
export function loadNativeTensorFlow(
  load: (packageName: string) => unknown = createRequire(import.meta.url),
): NativeTensorFlow {
  const failures: string[] = []
  for (const packageName of packages) {
    try {
      load(packageName)
      if (hasBackend()) return { loaded: true, packageName }
      failures.push(`${packageName} has a copy of TensorFlow.js of its own`)
    } catch (error) {
      if (!isMissing(packageName, error)) failures.push(`${packageName} fails: ${firstLine(error)}`)
    }
  }
  const neither = `neither ${packages.join(' nor ')} is installed`
  return { loaded: false, reason: failures.length === 0 ? neither : failures.join('; ') }
}

/** A package for another version of TensorFlow.js brings a second copy, which shares no tensors with this one. */
const hasBackend = (): boolean => (tf.findBackendFactory('tensorflow') as unknown) !== null

/** The package itself, not a file that it looks for. */
const isMissing = (packageName: string, error: unknown): boolean =>
  firstLine(error).startsWith(`Cannot find module '${packageName}'`)

const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0]!
