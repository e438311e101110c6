/** The instructions of the kernels, as functions of the code that leaves their operands on the stack. */
import { unsigned, type Code } from './assemble.ts'

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]

/** Adds a constant below 64 to an i32. */
export const advance = (local: number, by: number): Code =>
  set(local, [...get(local), 0x41, by, 0x6a])
export const sumOfI32 = (a: Code, b: Code): Code => [...a, ...b, 0x6a]
export const sumOfF64 = (a: Code, b: Code): Code => [...a, ...b, 0xa0]

/** Repeats while `local` is below `end`, both unsigned i32; once at least. */
export const repeatWhileBelow = (local: number, end: number, body: Code): Code => [
  ...[0x03, 0x40],
  ...body,
  ...get(local),
  ...get(end),
  ...[0x49, 0x0d, 0x00, 0x0b],
]

const simd = (instruction: number): Code => [0xfd, ...unsigned(instruction)]

/** Two float32 at `address + offset` as two float64. */
export const loadFloats = (address: number, offset: number): Code => [
  ...get(address),
  ...simd(0x5d),
  ...[0, offset],
  ...simd(0x5f),
]
export const loadDoubles = (address: number, offset: number): Code => [
  ...get(address),
  ...simd(0x00),
  ...[0, offset],
]
export const storeDoubles = (address: number, offset: number, value: Code): Code => [
  ...get(address),
  ...value,
  ...simd(0x0b),
  ...[0, offset],
]

/** A float64 in both lanes. */
export const both = (value: Code): Code => [...value, ...simd(0x14)]
export const lane = (value: Code, index: 0 | 1): Code => [...value, ...simd(0x21), index]
export const plus = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xf0)]
export const minus = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xf1)]
export const times = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xf2)]
