import { compile, type RuntimeName } from '../compile.ts'
import type { Program } from '../program.ts'

export interface TestInput {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** Compiles a program for one runtime, runs it once and returns its outputs. */
export async function runOn(
  runtime: RuntimeName,
  program: Program,
  inputs: Readonly<Record<string, TestInput>>,
): Promise<Readonly<Record<string, Float32Array>>> {
  const signature = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, shape]),
  )
  const executable = await compile(program, signature, { runtime })
  const outputs = await executable.run(
    Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data])),
  )
  await executable.dispose()
  return outputs
}

/** The largest difference, relative to the largest magnitude in `expected` (at least 1). */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity
  const scale = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 1)
  return expected.reduce((max, x, i) => Math.max(max, Math.abs(x - actual[i]!) / scale), 0)
}
