/**
 * How long the fold of a round takes beside what bounds it from below: adding up updates that are in memory already, and
 * reading their files. All three run in turn, so that a busy machine slows them alike. Every update is a file of its own
 * with values of its own; before each run the page cache is told to forget the files, so that reading is the disk's.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { ownModule } from '@consilium/engine/own-module'
import type { FoldRequest } from '@consilium/coordinator'
import type { MeasuredFold } from './fold-process.ts'
import { medianOf } from './median-of.ts'
import { forgetFiles } from './page-cache.ts'
import { readThrough } from './read-through.ts'
import { writeFoldFiles, type FoldFiles } from './write-fold-files.ts'

export interface FoldRow {
  readonly updates: number
  /** Of the model. */
  readonly parameters: number
  /** From the request to the model's durable blob: reading, digests, arithmetic, writing. Median, as all seconds. */
  readonly seconds: number
  /** Of all updates together. */
  readonly parametersPerSecond: number
  /** `sum += weight * update` in float32, everything in memory. */
  readonly inMemoryLoopSeconds: number
  /** One thread reads the same files and does nothing else. */
  readonly readSeconds: number
  /** Whether the files came from the disk; else, where the page cache cannot be told to forget, from memory. */
  readonly fromDisk: boolean
  /** Of a process that does nothing but fold. */
  readonly peakRssMiB: number
  /** The peak above what the process had before its first fold. */
  readonly rssGrowthMiB: number
}

export interface FoldBenchOptions {
  /** On the disk that is to be measured; takes `4 * parameters` bytes for each of the most updates. */
  readonly folder: string
  readonly parameters?: number
  readonly cohorts?: readonly number[]
  /** Runs of each of the three. */
  readonly runs?: number
  /** False: leaves the files in the page cache, as after a short round. */
  readonly fromDisk?: boolean
  readonly say?: (line: string) => void
}

/** BiT-R50x1 without its head. */
export const RESNET_50_PARAMETERS = 23_500_352

export async function measureFolds({
  folder,
  parameters = RESNET_50_PARAMETERS,
  cohorts = [4, 10, 20, 100],
  runs = 3,
  fromDisk = true,
  say = () => undefined,
}: FoldBenchOptions): Promise<readonly FoldRow[]> {
  say(`writing ${Math.max(...cohorts)} updates of ${parameters} parameters`)
  const files = writeFoldFiles(folder, { parameters, updates: Math.max(...cohorts) })
  const rows: FoldRow[] = []
  for (const updates of cohorts) {
    say(`folding ${updates} updates`)
    rows.push(await measureRow(files, { folder, parameters, updates, runs, fromDisk }))
  }
  return rows
}

interface RowOptions {
  readonly folder: string
  readonly parameters: number
  readonly updates: number
  readonly runs: number
  readonly fromDisk: boolean
}

async function measureRow(files: FoldFiles, options: RowOptions): Promise<FoldRow> {
  const { folder, parameters, updates, runs } = options
  const request = requestOf(files, options)
  const paths = [request.base.path, ...request.updates.map(({ path }) => path)]
  const forget = (): boolean => options.fromDisk && forgetFiles(paths)
  const child = startFoldProcess(folder)
  const addUp = createInMemoryLoop(parameters)
  const taken = { loop: [] as number[], read: [] as number[], fold: [] as MeasuredFold[] }
  let fromDisk = true
  try {
    for (let run = 0; run < runs; run += 1) {
      taken.loop.push(addUp(updates))
      fromDisk = forget() && fromDisk
      taken.read.push(readThrough(paths))
      fromDisk = forget() && fromDisk
      taken.fold.push(await askToFold(child, request))
    }
  } finally {
    child.disconnect()
  }
  const seconds = medianOf(taken.fold.map((fold) => fold.seconds))
  return {
    ...{ updates, parameters, seconds },
    parametersPerSecond: (updates * parameters) / seconds,
    inMemoryLoopSeconds: medianOf(taken.loop),
    readSeconds: medianOf(taken.read),
    fromDisk,
    peakRssMiB: Math.max(...taken.fold.map((fold) => fold.peakRssMiB)),
    rssGrowthMiB: Math.max(...taken.fold.map((fold) => fold.rssGrowthMiB)),
  }
}

const requestOf = (
  { base, updates: all }: FoldFiles,
  { parameters, updates }: RowOptions,
): FoldRequest => ({
  aggregation: { rule: 'fedavg', weighting: 'samples' },
  optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0 },
  ...{ stalenessExponent: 0, parameters, base },
  updates: all.slice(0, updates).map((file, i) => ({
    ...file,
    ...{ site: `site-${i}`, samples: 100 + i, steps: 10 },
  })),
})

/** A few updates that do not fit a cache together are added again and again: a hundred would not fit the memory. */
function createInMemoryLoop(parameters: number): (updates: number) => number {
  const held = Array.from({ length: 4 }, (_, i) => new Float32Array(parameters).fill(i + 1))
  const sum = new Float32Array(parameters)
  addScaled(sum, held[0]!, 0)
  return (updates) => {
    const startedAt = performance.now()
    for (let i = 0; i < updates; i += 1) addScaled(sum, held[i % held.length]!, 1 / updates)
    return (performance.now() - startedAt) / 1000
  }
}

function addScaled(sum: Float32Array, update: Float32Array, weight: number): void {
  for (let c = 0; c < sum.length; c += 1) sum[c] = sum[c]! + weight * update[c]!
}

function startFoldProcess(folder: string): ChildProcess {
  const { url, execArgv = [] } = ownModule('fold-process', import.meta.url)
  return fork(url, [folder], { execArgv })
}

async function askToFold(child: ChildProcess, request: FoldRequest): Promise<MeasuredFold> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('internal: the folding process has ended')
  })
  const answer = once(child, 'message')
  child.send(request)
  const [measured] = (await Promise.race([answer, ended])) as [MeasuredFold]
  return measured
}
