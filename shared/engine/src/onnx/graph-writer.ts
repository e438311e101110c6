/**
 * Collects ONNX nodes and initialisers, and keeps for every value the layouts it exists in.
 *
 * A layout is a permutation: physical axis i holds logical axis layout[i]. TensorFlow.js programs are NHWC and kernels
 * HWIO; ONNX convolutions want NCHW and OIHW. A value is stored in whatever layout its producer wrote and is transposed
 * only when a consumer needs another, so a network's activations stay NCHW from its first convolution to its last.
 */
import type { ConstantData, DataType, Value } from '../trace/graph.ts'
import { dataTypeCodes } from './model-schema.ts'

export type Layout = readonly number[]

export const NCHW: Layout = [0, 3, 1, 2]
export const OIHW: Layout = [3, 2, 0, 1]

export const identity = (rank: number): Layout => Array.from({ length: rank }, (_, i) => i)
export const physicalShape = (shape: readonly number[], layout: Layout): number[] =>
  layout.map((axis) => shape[axis]!)

type AttributeValue = number | string | readonly number[] | { readonly float: number }

interface Stored {
  readonly name: string
  readonly layout: Layout
}

export interface OnnxNode {
  readonly opType: string
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly attribute: readonly Record<string, unknown>[]
}

export class GraphWriter {
  readonly nodes: OnnxNode[] = []
  readonly initializers: Record<string, unknown>[] = []
  readonly #stored = new Map<Value, Stored[]>()
  readonly #constants = new Map<string, string>()
  #count = 0

  /** Writes a node and returns the name of its (first) output. */
  emit(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    return this.emitMany({ opType, input, attributes, outputs: 1 })[0]!
  }

  emitMany(node: {
    readonly opType: string
    readonly input: readonly string[]
    readonly attributes?: Readonly<Record<string, AttributeValue>>
    readonly outputs: number
  }): string[] {
    const output = Array.from({ length: node.outputs }, () => this.#name(node.opType))
    const attribute = Object.entries(node.attributes ?? {}).map(([name, value]) =>
      encodeAttribute(name, value),
    )
    this.nodes.push({ opType: node.opType, input: node.input, output, attribute })
    return output
  }

  #name(prefix: string): string {
    this.#count += 1
    return `${prefix}_${this.#count}`
  }

  /** An initialiser with these values; equal small ones are shared. */
  constant(
    data: ConstantData | BigInt64Array,
    shape: readonly number[],
    dtype: keyof typeof dataTypeCodes,
  ): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const key = data.byteLength <= 1024 ? `${dtype}|${shape.join()}|${rawData.join()}` : undefined
    const known = key === undefined ? undefined : this.#constants.get(key)
    if (known !== undefined) return known
    const name = this.#name('constant')
    this.initializers.push({ name, dims: [...shape], dataType: dataTypeCodes[dtype], rawData })
    if (key !== undefined) this.#constants.set(key, name)
    return name
  }

  ints(values: readonly number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64')
  }

  float(value: number): string {
    return this.constant(new Float32Array([value]), [], 'float32')
  }

  /** A tensor of `shape` filled with `value`, made at run time so that it takes no room in the file. */
  filled(shape: readonly number[], value: number, dtype: DataType): string {
    const scalar = this.constant(scalarData(value, dtype), [], dtype)
    return shape.length === 0 ? scalar : this.emit('Expand', [scalar, this.ints(shape)])
  }

  reshape(name: string, shape: readonly number[]): string {
    return this.emit('Reshape', [name, this.ints(shape)], { allowzero: 1 })
  }

  /** Says that `value` exists under `name`, stored in `layout` (logical order by default). */
  store(value: Value, name: string, layout: Layout = identity(value.shape.length)): void {
    const stored = this.#stored.get(value) ?? []
    this.#stored.set(value, [...stored, { name, layout }])
  }

  /** The layout the producer of `value` wrote. */
  nativeLayout(value: Value): Layout {
    return this.#storedOf(value)[0]!.layout
  }

  /** The name of `value` in `layout` (logical order by default), transposed once if it does not exist so yet. */
  load(value: Value, layout: Layout = identity(value.shape.length)): string {
    const stored = this.#storedOf(value)
    const found = stored.find((s) => s.layout.join() === layout.join())
    if (found !== undefined) return found.name
    const from = stored[0]!
    const name = this.#transpose(value.shape, from, layout)
    this.store(value, name, layout)
    return name
  }

  #storedOf(value: Value): Stored[] {
    const stored = this.#stored.get(value)
    if (stored === undefined)
      throw new Error(`internal: value ${value.id} is used before it is written`)
    return stored
  }

  #transpose(shape: readonly number[], from: Stored, to: Layout): string {
    const long = (layout: Layout): string => layout.filter((axis) => shape[axis] !== 1).join()
    if (long(from.layout) === long(to)) return this.reshape(from.name, physicalShape(shape, to))
    return this.emit('Transpose', [from.name], {
      perm: to.map((axis) => from.layout.indexOf(axis)),
    })
  }
}

function scalarData(value: number, dtype: DataType): ConstantData {
  if (dtype === 'float32') return new Float32Array([value])
  return dtype === 'int32' ? new Int32Array([value]) : new Uint8Array([value])
}

/** AttributeProto: FLOAT = 1, INT = 2, STRING = 3, INTS = 7. */
function encodeAttribute(name: string, value: AttributeValue): Record<string, unknown> {
  if (typeof value === 'number') return { name, i: value, type: 2 }
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: 3 }
  if ('float' in value) return { name, f: value.float, type: 1 }
  return { name, ints: [...value], type: 7 }
}
