/** Where a process can die: at each of its operations on the disk, as a preloaded module sees them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Surroundings } from '../../e2e/support/processes.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** Arguments for Node that load a module of `preloads/` into a program first. */
export const preload = (name: string): readonly string[] => [
  '--disable-warning=ExperimentalWarning',
  '--import',
  fileURLToPath(new URL(`../preloads/${name}.${extension}`, import.meta.url)),
]

export interface KillPoint {
  /** What the operation is called, see the preload. */
  readonly name: string
  /** Which of those with its name, from 1, and of how many in an undisturbed run. */
  readonly nth: number
  readonly of: number
  /** `within`: after half of its bytes. */
  readonly how: 'before' | 'within' | 'after'
}

/** By the end of its path; an agent hands its surroundings on to its trainer. */
const programFile = {
  consilium: 'consilium.js',
  'consilium-site': 'consilium-site.js',
  trainer: 'trainer-main.js',
} as const

export type Watchable = keyof typeof programFile

export interface Dying {
  /** Of the n-th process, from 0. */
  readonly surroundings: (attempt: number) => Surroundings
  /** Whether all of them have died there. */
  readonly struck: () => boolean
}

/** The n-th process dies at the n-th point; the later ones live. A trainer dies once, under its agent's first process. */
export function dyingAt(
  program: Watchable,
  points: readonly KillPoint[],
  newFolder: () => string,
): Dying {
  const deaths = points.map((point) => ({ ...point, mark: join(newFolder(), 'died') }))
  return {
    surroundings(attempt) {
      const death = deaths[attempt]
      if (death === undefined) return {}
      const env = {
        CONSILIUM_TEST_PROGRAM: programFile[program],
        CONSILIUM_TEST_KILL_NAME: death.name,
        CONSILIUM_TEST_KILL_AT: String(death.nth),
        CONSILIUM_TEST_KILL_HOW: death.how,
        CONSILIUM_TEST_KILL_ONCE: death.mark,
      }
      return { nodeArgs: preload('kill-at-operation'), env }
    },
    struck: () => deaths.every(({ mark }) => existsSync(mark)),
  }
}

/** Lists its operations. */
export function listing(
  program: Watchable,
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
 * Every point of an undisturbed run: before each operation, within each that writes bytes, and after each that records
 * something, before anybody can be told of it. Not at a sync: what it makes safe from a power cut, a kill leaves as it is.
 */
export const pointsOf = (operations: readonly string[]): readonly KillPoint[] =>
  operations.flatMap((name, i) => {
    if (SYNCS.test(name)) return []
    const nth = countOf(name, operations.slice(0, i + 1))
    const point = { name, nth, of: countOf(name, operations) }
    return [
      { ...point, how: 'before' as const },
      ...(WRITES.test(name) ? [{ ...point, how: 'within' as const }] : []),
      ...(COUNTS.test(name) ? [{ ...point, how: 'after' as const }] : []),
    ]
  })

/** Whatever it is called. */
export const nthOfAll = (nth: number): KillPoint => ({ name: '*', nth, of: nth, how: 'before' })

const countOf = (name: string, operations: readonly string[]): number =>
  operations.filter((other) => other === name).length

/** One point of each kind: of those with one name, the one that `choose` takes. */
export function distinctPoints(
  points: readonly KillPoint[],
  choose: (count: number) => number,
): readonly KillPoint[] {
  const kinds = new Map<string, KillPoint[]>()
  for (const point of points) {
    const kind = `${point.how} ${point.name}`
    kinds.set(kind, [...(kinds.get(kind) ?? []), point])
  }
  return [...kinds.values()].map((same) => same[choose(same.length)]!)
}

const SYNCS = /^f?(data)?sync/
const WRITES = /^(write|append)/
/**
 * A line of the journal is told to others next, and a line of what left a site is followed by its leaving. After any other
 * operation all is as it is before the next one.
 */
const COUNTS = /^(journal|sqlite)|left\.jsonl/

export const describePoint = ({ name, nth, of, how }: KillPoint): string =>
  `${how} ${name}${of === 1 ? '' : ` (${nth} of ${of})`}`

/** What a coordinator's operation appends to its journal, if it does. */
export const kindsIn = (operation: string): readonly string[] =>
  operation.startsWith(JOURNAL) ? operation.slice(JOURNAL.length).split(', ') : []

const JOURNAL = 'journal '
