/** Named float32 arrays with their shapes: the one form of weights outside the tensor engine. */
export interface NamedArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export type NamedArrays = ReadonlyMap<string, NamedArray>

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, d) => size * d, 1)

export const countParameters = (arrays: NamedArrays): number =>
  [...arrays.values()].reduce((count, { data }) => count + data.length, 0)

/** The entries whose name `keep` accepts, in the order of the map. */
export function selectArrays(arrays: NamedArrays, keep: (name: string) => boolean): NamedArrays {
  return new Map([...arrays].filter(([name]) => keep(name)))
}
