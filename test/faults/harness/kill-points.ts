/** Where a process can die: at each of its operations on the disk, as a preloaded module sees them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program, Surroundings } from '../../e2e/support/processes.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** Arguments for Node that load a module of `preloads/` into a program first. */
export const preload = (name: string): readonly string[] => [
  '--disable-warning=ExperimentalWarning',
  '--import',
  fileURLToPath(new URL(`../preloads/${name}.${extension}`, import.meta.url)),
]

export interface KillPoint {
  /** From 1. */
  readonly operation: number
  /** `within`: after half of its bytes. */
  readonly how: 'before' | 'within' | 'after'
}

const programFile = { consilium: 'consilium.js', 'consilium-site': 'consilium-site.js' } as const

/** Dies there. */
export const killedAt = (program: Program, { operation, how }: KillPoint): Surroundings => ({
  nodeArgs: preload('kill-at-operation'),
  env: {
    CONSILIUM_TEST_PROGRAM: programFile[program],
    CONSILIUM_TEST_KILL_AT: String(operation),
    CONSILIUM_TEST_KILL_HOW: how,
  },
})

/** Lists its operations. */
export function listing(
  program: Program,
  folder: string,
): { surroundings: Surroundings; operations: () => readonly string[] } {
  const file = join(folder, 'operations')
  return {
    surroundings: {
      nodeArgs: preload('kill-at-operation'),
      env: { CONSILIUM_TEST_PROGRAM: programFile[program], CONSILIUM_TEST_OPERATIONS: file },
    },
    operations: () => readFileSync(file, 'utf8').trimEnd().split('\n'),
  }
}

/**
 * Every point of an undisturbed run: before each operation, within each that writes bytes, and after each that makes
 * something count, before anybody can be told of it.
 */
export const pointsOf = (operations: readonly string[]): readonly KillPoint[] =>
  operations.flatMap((name, i) => [
    { operation: i + 1, how: 'before' as const },
    ...(WRITES.test(name) ? [{ operation: i + 1, how: 'within' as const }] : []),
    ...(COUNTS.test(name) ? [{ operation: i + 1, how: 'after' as const }] : []),
  ])

const WRITES = /^(write|append)/
const COUNTS = /^(sqlite|rename|link)/

export const describePoint = (
  { operation, how }: KillPoint,
  operations: readonly string[],
): string => `${how} operation ${operation} of ${operations.length}: ${operations[operation - 1]!}`
