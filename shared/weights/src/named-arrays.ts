/** Named float32 arrays with their shapes: the one form of weights outside the tensor engine. */
export interface NamedArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export type NamedArrays = ReadonlyMap<string, NamedArray>

/** Names and shapes of a model's tensors. Named arrays are one. */
export type Schema = ReadonlyMap<string, { readonly shape: readonly number[] }>

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, d) => size * d, 1)

export const countParameters = (schema: Schema): number =>
  [...schema.values()].reduce((count, { shape }) => count + sizeOf(shape), 0)

/** The entries whose name `keep` accepts, in the order of the map. */
export function selectArrays(arrays: NamedArrays, keep: (name: string) => boolean): NamedArrays {
  return new Map([...arrays].filter(([name]) => keep(name)))
}
