/** Files of weights as a coordinator holds them. Tests only. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeSafetensors, sha256, type NamedArrays } from '@consilium/weights'

/** Two tensors, so that an order matters. */
export const twoTensors = (a: readonly number[], b: readonly number[]): NamedArrays =>
  new Map([
    ['a', { shape: [a.length], data: new Float32Array(a) }],
    ['b', { shape: [b.length], data: new Float32Array(b) }],
  ])

/** `metadata` makes headers of different lengths. */
export function storeWeights(
  folder: string,
  name: string,
  { arrays, metadata = {} }: { arrays: NamedArrays; metadata?: Readonly<Record<string, string>> },
): { readonly path: string; readonly sha256: string } {
  const bytes = encodeSafetensors(arrays, metadata)
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return { path, sha256: sha256(bytes) }
}
