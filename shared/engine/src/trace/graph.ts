/** The recorded program: a list of kernel calls in order, over values that know their logical shape. */
export type DataType = 'float32' | 'int32' | 'bool'

export interface Value {
  readonly id: number
  readonly shape: readonly number[]
  readonly dtype: DataType
}

export type Attributes = Readonly<Record<string, unknown>>

export interface Node {
  readonly kernel: string
  readonly inputs: readonly Value[]
  readonly attributes: Attributes
  readonly output: Value
}

export type ConstantData = Float32Array | Int32Array | Uint8Array

export interface Graph {
  readonly inputs: ReadonlyMap<string, Value>
  readonly outputs: ReadonlyMap<string, Value>
  readonly constants: ReadonlyMap<Value, ConstantData>
  readonly nodes: readonly Node[]
}
