/** The benchmark from its options to its result. */
import { geometricMean } from './averages.ts'
import { GRADIENT_CACHING, type BenchOptions } from './bench-options.ts'
import { measureGradientCaching, type GradientCaching } from './gradient-caching.ts'
import type { LineProcesses } from './line-processes.ts'
import { describeMachine, type Machine } from './machine.ts'
import { measureRow } from './measure-row.ts'
import { createProgress, type Task } from './progress.ts'
import { findPyTorch, NO_PYTORCH } from './pytorch.ts'
import type { RowResult } from './row-result.ts'
import { rows, type Row } from './row.ts'
import { TURN_SECONDS } from './side.ts'

export interface BenchResult {
  readonly machine: Machine
  readonly rows: readonly RowResult[]
  /** Of the ratios that count in it; missing where there is none. */
  readonly geomeanRatio?: number
  /** Missing where it was not asked for. */
  readonly gradientCaching?: GradientCaching
}

export interface BenchDeps {
  readonly processes: LineProcesses
  /** For temporary files. */
  readonly folder: string
  readonly say: (line: string) => void
  /** Milliseconds. */
  readonly clock: () => number
}

/** Throws BENCH_PROCESS_FAILED. Processes may still run afterwards: the caller stops them. */
export async function runBenchmark(options: BenchOptions, deps: BenchDeps): Promise<BenchResult> {
  const python = options.pytorch ? await findPyTorch() : undefined
  if (options.pytorch && python === undefined) deps.say(NO_PYTORCH)
  const chosen = rows.filter(({ name }) => options.rows.includes(name))
  const sides = python === undefined ? 1 : 2
  const progress = createProgress({ ...deps, tasks: tasksOf(chosen, options, sides) })
  const common = { ...options, ...deps, python, say: progress.note }

  progress.next()
  const machine = await describeMachine(common)
  const results: RowResult[] = []
  for (const row of chosen) {
    progress.next()
    results.push(await measureRow(row, common))
  }
  if (!options.rows.includes(GRADIENT_CACHING)) return summarise(machine, results)
  progress.next()
  const gradientCaching = await measureGradientCaching(common)
  return { ...summarise(machine, results), gradientCaching }
}

function summarise(machine: Machine, results: readonly RowResult[]): BenchResult {
  const ratios = results.flatMap(({ name, ratio }) =>
    ratio !== undefined && rows.some((row) => row.name === name && row.inGeomean) ? [ratio] : [],
  )
  return {
    machine,
    rows: results,
    ...(ratios.length === 0 ? {} : { geomeanRatio: geometricMean(ratios) }),
  }
}

/** Seconds to start, compile and warm up one side of a row. */
const START_SECONDS = 10

function tasksOf(chosen: readonly Row[], { rows, repeats }: BenchOptions, sides: number): Task[] {
  const seconds = sides * (START_SECONDS + repeats * TURN_SECONDS)
  return [
    { name: 'machine', seconds: 8 },
    ...chosen.map(({ name }) => ({ name, seconds })),
    ...(rows.includes(GRADIENT_CACHING) ? [{ name: GRADIENT_CACHING, seconds: 45 }] : []),
  ]
}
