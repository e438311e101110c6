/** Headers of files that keep several values for every parameter of a model. */

/**
 * The header of a safetensors file with the tensors of `header`, each with a last dimension of `width`: the values of
 * one parameter lie side by side, so that they are written in one go. A width of 1 gives `header` itself.
 */
export function widenHeader(header: Uint8Array, width: number): Uint8Array {
  if (width === 1) return header
  const tensors = JSON.parse(new TextDecoder().decode(header.subarray(8))) as Record<string, Tensor>
  const entries = Object.entries(tensors).filter(([name]) => name !== '__metadata__')
  const widened = entries.map(([name, { dtype, shape, data_offsets }]) => [
    name,
    { dtype, shape: [...shape, width], data_offsets: data_offsets.map((at) => at * width) },
  ])
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(widened)))
  const bytes = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(SPACE, 8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true)
  bytes.set(text, 8)
  return bytes
}

interface Tensor {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly number[]
}

const SPACE = 0x20
