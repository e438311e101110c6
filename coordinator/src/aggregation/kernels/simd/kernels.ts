/**
 * The loops of a fold that take most of its arithmetic, two float64 at a time. Addresses and lengths are bytes in the shared
 * memory; a row is float32, a multiple of four values; a tile is float64.
 */
import { assemble, type Code, type ValueType, type WasmFunction } from './assemble.ts'
import * as wasm from './instructions.ts'

export interface Kernels {
  /** `tile[c] += a x0[c] + b x1[c] + c x2[c] + d x3[c]`, in that order; rows are `stride` apart. */
  addFourRows(...args: [x: number, stride: number, bytes: number, tile: number, ...Weights]): void
  /** `tile[c] += a x[c]`. */
  addRow(x: number, bytes: number, tile: number, a: number): void
  /** Writes two parts each of `sum x^2` and of `sum x tile`, four float64, to `out`. */
  moments(x: number, bytes: number, tile: number, out: number): void
  /** `sum (a x - tile)^2`. */
  squaredDistanceToTile(x: number, bytes: number, tile: number, a: number): number
  /** `sum (a x - b y)^2`. */
  squaredDistance(...args: [x: number, bytes: number, y: number, a: number, b: number]): number
}

type Weights = [a: number, b: number, c: number, d: number]

export function createKernels(memory: WebAssembly.Memory, pages: number): Kernels {
  const module = new WebAssembly.Module(assemble(functions, { pages }))
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels
}

/** Names the locals of a function, whose numbers are given to its body. */
function define<P extends string, L extends string>(
  name: keyof Kernels,
  params: Readonly<Record<P, ValueType>>,
  locals: Readonly<Record<L, ValueType>>,
  rest: { result?: ValueType; body: (local: Record<P | L, number>) => Code },
): WasmFunction {
  const names = [...Object.keys(params), ...Object.keys(locals)] as (P | L)[]
  const numbers = Object.fromEntries(names.map((local, i) => [local, i])) as Record<P | L, number>
  return {
    name,
    params: Object.values(params),
    locals: Object.values(locals),
    ...(rest.result && { result: rest.result }),
    body: rest.body(numbers),
  }
}

const { get, set, plus, minus, times, both, loadFloats, loadDoubles } = wasm
const { advance, repeatWhileBelow, storeDoubles, sumOfI32, lane, sumOfF64 } = wasm

/** Bytes of four float32 and of the four float64 they become. */
const FOUR_FLOATS = 16
const FOUR_DOUBLES = 32
/** Of each half of four values: where its float32 and its float64 begin. */
const HALVES = [
  { floats: 0, doubles: 0 },
  { floats: 8, doubles: 16 },
]

const endOf = (x: number, bytes: number, end: number): Code =>
  set(end, sumOfI32(get(x), get(bytes)))

const addFourRows = define(
  'addFourRows',
  {
    ...({ x: 'i32', stride: 'i32', bytes: 'i32', tile: 'i32' } as const),
    ...({ a: 'f64', b: 'f64', c: 'f64', d: 'f64' } as const),
  },
  {
    ...({ x1: 'i32', x2: 'i32', x3: 'i32', end: 'i32' } as const),
    ...({ va: 'v128', vb: 'v128', vc: 'v128', vd: 'v128' } as const),
  },
  {
    body({ x, stride, bytes, tile, a, b, c, d, x1, x2, x3, end, va, vb, vc, vd }) {
      const rows = [
        { row: x, weight: va },
        { row: x1, weight: vb },
        { row: x2, weight: vc },
        { row: x3, weight: vd },
      ]
      return [
        ...endOf(x, bytes, end),
        ...set(x1, sumOfI32(get(x), get(stride))),
        ...set(x2, sumOfI32(get(x1), get(stride))),
        ...set(x3, sumOfI32(get(x2), get(stride))),
        ...[a, b, c, d].flatMap((weight, i) => set(rows[i]!.weight, both(get(weight)))),
        ...repeatWhileBelow(x, end, [
          ...HALVES.flatMap(({ floats, doubles }) =>
            storeDoubles(
              tile,
              doubles,
              rows.reduce<Code>(
                (sum, { row, weight }) => plus(sum, times(get(weight), loadFloats(row, floats))),
                loadDoubles(tile, doubles),
              ),
            ),
          ),
          ...rows.flatMap(({ row }) => advance(row, FOUR_FLOATS)),
          ...advance(tile, FOUR_DOUBLES),
        ]),
      ]
    },
  },
)

const addRow = define(
  'addRow',
  { x: 'i32', bytes: 'i32', tile: 'i32', a: 'f64' },
  { end: 'i32', va: 'v128' },
  {
    body: ({ x, bytes, tile, a, end, va }) => [
      ...endOf(x, bytes, end),
      ...set(va, both(get(a))),
      ...repeatWhileBelow(x, end, [
        ...HALVES.flatMap(({ floats, doubles }) =>
          storeDoubles(
            tile,
            doubles,
            plus(loadDoubles(tile, doubles), times(get(va), loadFloats(x, floats))),
          ),
        ),
        ...advance(x, FOUR_FLOATS),
        ...advance(tile, FOUR_DOUBLES),
      ]),
    ],
  },
)

const moments = define(
  'moments',
  { x: 'i32', bytes: 'i32', tile: 'i32', out: 'i32' },
  { end: 'i32', value: 'v128', s0: 'v128', s1: 'v128', d0: 'v128', d1: 'v128' },
  {
    body: ({ x, bytes, tile, out, end, value, s0, s1, d0, d1 }) => [
      ...endOf(x, bytes, end),
      ...repeatWhileBelow(x, end, [
        ...HALVES.flatMap(({ floats, doubles }, i) => {
          const square = [s0, s1][i]!
          const dot = [d0, d1][i]!
          return [
            ...set(value, loadFloats(x, floats)),
            ...set(square, plus(get(square), times(get(value), get(value)))),
            ...set(dot, plus(get(dot), times(get(value), loadDoubles(tile, doubles)))),
          ]
        }),
        ...advance(x, FOUR_FLOATS),
        ...advance(tile, FOUR_DOUBLES),
      ]),
      ...storeDoubles(out, 0, plus(get(s0), get(s1))),
      ...storeDoubles(out, 16, plus(get(d0), get(d1))),
    ],
  },
)

/** Two sums of squared differences, added up. */
const sumOfSquares = (s0: number, s1: number, value: number): Code => [
  ...set(value, plus(get(s0), get(s1))),
  ...sumOfF64(lane(get(value), 0), lane(get(value), 1)),
]

const squaredDistanceToTile = define(
  'squaredDistanceToTile',
  { x: 'i32', bytes: 'i32', tile: 'i32', a: 'f64' },
  { end: 'i32', va: 'v128', value: 'v128', s0: 'v128', s1: 'v128' },
  {
    result: 'f64',
    body: ({ x, bytes, tile, a, end, va, value, s0, s1 }) => [
      ...endOf(x, bytes, end),
      ...set(va, both(get(a))),
      ...repeatWhileBelow(x, end, [
        ...HALVES.flatMap(({ floats, doubles }, i) => {
          const sum = [s0, s1][i]!
          const scaled = times(get(va), loadFloats(x, floats))
          return [
            ...set(value, minus(scaled, loadDoubles(tile, doubles))),
            ...set(sum, plus(get(sum), times(get(value), get(value)))),
          ]
        }),
        ...advance(x, FOUR_FLOATS),
        ...advance(tile, FOUR_DOUBLES),
      ]),
      ...sumOfSquares(s0, s1, value),
    ],
  },
)

const squaredDistance = define(
  'squaredDistance',
  { x: 'i32', bytes: 'i32', y: 'i32', a: 'f64', b: 'f64' },
  { end: 'i32', va: 'v128', vb: 'v128', value: 'v128', s0: 'v128', s1: 'v128' },
  {
    result: 'f64',
    body: ({ x, bytes, y, a, b, end, va, vb, value, s0, s1 }) => [
      ...endOf(x, bytes, end),
      ...set(va, both(get(a))),
      ...set(vb, both(get(b))),
      ...repeatWhileBelow(x, end, [
        ...HALVES.flatMap(({ floats }, i) => {
          const sum = [s0, s1][i]!
          const scaled = times(get(va), loadFloats(x, floats))
          return [
            ...set(value, minus(scaled, times(get(vb), loadFloats(y, floats)))),
            ...set(sum, plus(get(sum), times(get(value), get(value)))),
          ]
        }),
        ...advance(x, FOUR_FLOATS),
        ...advance(y, FOUR_FLOATS),
      ]),
      ...sumOfSquares(s0, s1, value),
    ],
  },
)

const functions: readonly WasmFunction[] = [
  ...[addFourRows, addRow, moments],
  ...[squaredDistanceToTile, squaredDistance],
]
