/** The benchmark from its options to its result. */
import { GRADIENT_CACHING, type BenchOptions } from './bench-options.ts'
import { measureGradientCaching, type GradientCaching } from './gradient-caching.ts'
import { describeMachine, type Machine } from './machine.ts'
import { meanRatios, type MeanRatios } from './mean-ratios.ts'
import { measureRow } from './measure-row.ts'
import { createProgress, type Task } from '../progress.ts'
import type { BenchDeps } from '../run-bench-process.ts'
import { findPyTorch, NO_PYTORCH } from './pytorch.ts'
import type { RowResult } from './row-result.ts'
import { rows, type Row } from './row.ts'
import { TURN_SECONDS } from './side.ts'

export interface BenchResult extends MeanRatios {
  readonly machine: Machine
  readonly rows: readonly RowResult[]
  /** Missing where it was not asked for. */
  readonly gradientCaching?: GradientCaching
}

/** Throws BENCH_PROCESS_FAILED. Processes may still run afterwards: the caller stops them. */
export async function runBenchmark(options: BenchOptions, deps: BenchDeps): Promise<BenchResult> {
  const python = options.pytorch ? await findPyTorch() : undefined
  if (options.pytorch && python === undefined) deps.say(NO_PYTORCH)
  const chosen = rows.filter(({ name }) => options.rows.includes(name))
  const sides = python === undefined ? 1 : 3
  const progress = createProgress({ ...deps, tasks: tasksOf(chosen, options, sides) })
  const common = { ...options, ...deps, python, say: progress.note }

  progress.next()
  const machine = await describeMachine(common)
  const results: RowResult[] = []
  for (const row of chosen) {
    progress.next()
    results.push(await measureRow(row, common))
  }
  const result = { machine, rows: results, ...meanRatios(results) }
  if (!options.rows.includes(GRADIENT_CACHING)) return result
  progress.next()
  return { ...result, gradientCaching: await measureGradientCaching(common) }
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
