/** What a fold and its reading threads say to each other. Slots lie over SharedArrayBuffers: nothing is copied. */

/** A file of float32 values after a header: `valuesPerParameter` times the model's parameters of them. */
export interface VectorFile {
  readonly path: string
  readonly sha256: string
  readonly valuesPerParameter: number
}

/** The values of a file: `width` for each parameter. */
export interface Vector {
  /** Index of the file. */
  readonly file: number
  readonly width: number
}

/** Where a vector goes: its values begin at `place` in the slot. */
export interface PlacedVector extends Vector {
  readonly place: number
}

export interface ReaderData {
  readonly parameters: number
  readonly files: readonly VectorFile[]
  readonly slots: readonly Float32Array[]
}

export type ReadRequest =
  /** What is read from now on, and whether it enters the digests: then every byte must come once and in order. */
  | {
      readonly kind: 'begin'
      readonly vectors: readonly PlacedVector[]
      readonly digest: boolean
    }
  /** Values of parameters `begin` to `begin + count` of every vector. */
  | {
      readonly kind: 'read'
      readonly slot: number
      readonly begin: number
      readonly count: number
    }
  | { readonly kind: 'verify' }

/** The digest that a file was to have and has not, if any. */
export interface ReadReply {
  readonly corrupt?: string
}
