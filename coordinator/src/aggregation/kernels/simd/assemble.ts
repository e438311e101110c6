/**
 * Assembles WebAssembly modules of small functions over one imported, shared memory (WebAssembly core specification 2.0,
 * section 5; threads proposal for the shared memory). Only what the kernels of this folder need.
 */

export type Code = readonly number[]

const VALUE_TYPES = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const
export type ValueType = keyof typeof VALUE_TYPES

export interface WasmFunction {
  readonly name: string
  readonly params: readonly ValueType[]
  /** Come after the parameters in the numbering. */
  readonly locals: readonly ValueType[]
  readonly result?: ValueType
  readonly body: Code
}

/** A module that imports `env.memory`, shared, and exports the functions. Pages are 64 KiB. */
export function assemble(
  functions: readonly WasmFunction[],
  { pages }: { pages: number },
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ params, result }) => [
    0x60,
    ...vector(params.map((type) => [VALUE_TYPES[type]])),
    ...vector(result === undefined ? [] : [[VALUE_TYPES[result]]]),
  ])
  const memory = [
    ...text('env'),
    ...text('memory'),
    0x02,
    0x03,
    ...unsigned(pages),
    ...unsigned(pages),
  ]
  const exported = functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)])
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([memory])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(exported)),
    ...section(10, vector(functions.map(codeOf))),
  ])
}

function codeOf({ locals, body }: WasmFunction): Code {
  const declared = vector(locals.map((type) => [1, VALUE_TYPES[type]]))
  const code = [...declared, ...body, 0x0b]
  return [...unsigned(code.length), ...code]
}

const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content]

const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()]

const text = (value: string): Code => vector([...new TextEncoder().encode(value)].map((b) => [b]))

/** LEB128. */
export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...unsigned(Math.floor(value / 0x80))]
}
