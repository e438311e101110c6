/** The benchmark from its options to its result. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { initialParameters } from '@consilium/learning/parameters'
import { createProgress } from '../progress.ts'
import type { BenchDeps } from '../run-bench-process.ts'
import type { BenchOptions, Part } from './bench-options.ts'
import { measureCodec, type CodecResult } from './codec.ts'
import { measureFolds, type FoldRow } from './fold.ts'
import { measureManySites, type ManySitesResult } from './measure-many-sites.ts'
import { measureRounds, type RoundsResult } from './measure-rounds.ts'
import { millionPlan, r50Plan } from './plans.ts'

/** What was not asked for is missing. */
export interface BenchResult extends Partial<RoundsResult> {
  readonly codec?: CodecResult
  readonly manySites?: ManySitesResult
  readonly fold?: readonly FoldRow[]
}

/** Guesses for the time that is left. */
const SECONDS: Readonly<Record<Part, number>> = { codec: 8, rounds: 60, sites: 150, fold: 150 }

/** Takes up to 14 GB of `folder`. Throws BENCH_PROCESS_FAILED. Processes may still run afterwards: the caller stops them. */
export async function runBenchmark(
  { parts, sites }: BenchOptions,
  deps: BenchDeps,
): Promise<BenchResult> {
  const tasks = parts.map((name) => ({ name, seconds: SECONDS[name] }))
  const progress = createProgress({ ...deps, tasks })
  let result: BenchResult = {}
  for (const part of parts) {
    progress.next()
    const folder = join(deps.folder, part)
    await mkdir(folder)
    const measured = await measures[part]({ ...deps, sites, folder, say: progress.note })
    result = { ...result, ...measured }
  }
  return result
}

type Measure = (deps: BenchDeps & Pick<BenchOptions, 'sites'>) => Promise<BenchResult>

const measures: Readonly<Record<Part, Measure>> = {
  codec: ({ clock }) => Promise.resolve({ codec: measureCodec(r50Weights(), clock) }),
  rounds: (deps) => measureRounds({ ...deps, weights: r50Weights() }),
  async sites(deps) {
    const weights = initialParameters(millionPlan(deps))
    return { manySites: await measureManySites({ ...deps, weights }) }
  },
  fold: async (deps) => ({ fold: await measureFolds(deps) }),
}

const r50Weights = () => initialParameters(r50Plan({ sites: 1, rounds: 1 }))
