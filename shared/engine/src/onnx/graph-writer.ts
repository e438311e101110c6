/**
 * Collects ONNX nodes and initialisers, and keeps for every value the layouts it exists in.
 *
 * A layout is a permutation: physical axis i holds logical axis layout[i]. TensorFlow.js programs are NHWC and kernels
 * HWIO. A value is stored in whatever layout its producer wrote and is transposed only when a consumer needs another, so
 * a network's activations stay CNHW from its first convolution to its last.
 */
import { createHash } from 'node:crypto'
import type { ConstantData, DataType, Node, Value } from '../trace/graph.ts'
import { dataTypeCodes } from './model-schema.ts'

export type Layout = readonly number[]

export const NCHW: Layout = [0, 3, 1, 2]
/** Channels first, then the batch: every 1x1 convolution and every filter gradient is one GEMM over the whole batch. */
export const CNHW: Layout = [3, 0, 1, 2]
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
  readonly domain?: string
}

/** What lowering depends on besides the graph. */
export interface LoweringOptions {
  /** Channels in a block of ONNX Runtime's blocked kernels on this machine; 0 where it has none. */
  readonly blockSize: number
  /** Which of several lowerings of a node to take. */
  readonly choose: (node: Node, lowerings: readonly string[]) => string
}

export const plainLowering: LoweringOptions = {
  blockSize: 0,
  choose: (_, [first]) => first!,
}

/** Names that begin so are the writer's own. */
export const GENERATED = '~'

export class GraphWriter {
  readonly nodes: OnnxNode[] = []
  readonly initializers: Record<string, unknown>[] = []
  readonly #stored = new Map<Value, Stored[]>()
  readonly #constants = new Map<string, string>()
  /** By source and shape. */
  readonly #reshapes = new Map<string, string>()
  /** What a reshaped name was before. */
  readonly #reshaped = new Map<string, string>()
  readonly #options: LoweringOptions
  #count = 0

  constructor(options: LoweringOptions = plainLowering) {
    this.#options = options
  }

  get blockSize(): number {
    return this.#options.blockSize
  }

  chooseLowering(node: Node, lowerings: readonly string[]): string {
    return lowerings.length === 1 ? lowerings[0]! : this.#options.choose(node, lowerings)
  }

  /** Writes a node and returns the name of its (first) output. */
  emit(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain?: string,
  ): string {
    return this.emitMany({ opType, input, attributes, outputs: 1, domain })[0]!
  }

  emitMany(node: {
    readonly opType: string
    readonly input: readonly string[]
    readonly attributes?: Readonly<Record<string, AttributeValue>>
    readonly outputs: number
    readonly domain?: string | undefined
  }): string[] {
    const output = Array.from({ length: node.outputs }, () => this.#name(node.opType))
    const attribute = Object.entries(node.attributes ?? {}).map(([name, value]) =>
      encodeAttribute(name, value),
    )
    const domain = node.domain === undefined ? {} : { domain: node.domain }
    this.nodes.push({ opType: node.opType, input: node.input, output, attribute, ...domain })
    return output
  }

  #name(prefix: string): string {
    this.#count += 1
    return `${GENERATED}${prefix}_${this.#count}`
  }

  /** An initialiser with these values; equal ones are shared. */
  constant(
    data: ConstantData | BigInt64Array,
    shape: readonly number[],
    dtype: keyof typeof dataTypeCodes,
  ): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const key = `${dtype}|${shape.join()}|${digestOf(rawData)}`
    const known = this.#constants.get(key)
    if (known !== undefined) return known
    const name = this.#name('constant')
    this.initializers.push({ name, dims: [...shape], dataType: dataTypeCodes[dtype], rawData })
    this.#constants.set(key, name)
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

  /** The same values in another shape. Each name is reshaped once to each shape, from where it was computed. */
  reshape(name: string, shape: readonly number[]): string {
    const source = this.#reshaped.get(name) ?? name
    const key = `${source}|${shape.join()}`
    const known = this.#reshapes.get(key)
    if (known !== undefined) return known
    const reshaped = this.emit('Reshape', [source, this.ints(shape)], { allowzero: 1 })
    this.#reshapes.set(key, reshaped)
    this.#reshaped.set(reshaped, source)
    return reshaped
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
    return this.transpose(from.name, from.layout, to)
  }

  transpose(name: string, from: Layout, to: Layout): string {
    return this.emit('Transpose', [name], { perm: to.map((axis) => from.indexOf(axis)) })
  }
}

const digestOf = (bytes: Uint8Array): string =>
  bytes.length <= 64 ? bytes.join() : createHash('sha256').update(bytes).digest('base64')

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
