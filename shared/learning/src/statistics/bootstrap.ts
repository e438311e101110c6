/**
 * Stratified percentile bootstrap (Efron & Tibshirani 1993, ch. 13). Resamples keep the number of images of each
 * class, and all statistics of one call see the same resamples: replicate by replicate they are paired.
 * Left out: resampling whole patients (images of one patient count as independent here).
 */
import type { Stream } from '@consilium/random'
import type { Statistic } from './statistic.ts'

export interface BootstrapOptions<Name extends string> {
  /** Class index of each image: the strata. */
  readonly labels: ArrayLike<number>
  readonly statistics: Readonly<Record<Name, Statistic>>
  readonly replicates?: number
  readonly stream: Stream
}

/** `replicates` values of every statistic, in the order of the resamples. */
export function bootstrapReplicates<Name extends string>({
  labels,
  statistics,
  replicates = 1000,
  stream,
}: BootstrapOptions<Name>): Record<Name, Float64Array> {
  const strata = strataOf(labels)
  const entries = Object.entries<Statistic>(statistics)
  const values = entries.map(() => new Float64Array(replicates))
  for (let r = 0; r < replicates; r += 1) {
    const counts = resample(strata, labels.length, stream)
    entries.forEach(([, statistic], s) => (values[s]![r] = statistic(counts)))
  }
  return Object.fromEntries(entries.map(([name], s) => [name, values[s]])) as Record<
    Name,
    Float64Array
  >
}

function strataOf(labels: ArrayLike<number>): readonly Uint32Array[] {
  const images = Uint32Array.from({ length: labels.length }, (_, i) => i)
  const classes = [...new Set(Array.from(labels))].sort((a, b) => a - b)
  return classes.map((label) => images.filter((i) => labels[i] === label))
}

function resample(strata: readonly Uint32Array[], images: number, stream: Stream): Uint32Array {
  const counts = new Uint32Array(images)
  for (const stratum of strata) {
    for (let draw = 0; draw < stratum.length; draw += 1) {
      counts[stratum[stream.integer(stratum.length)]!]! += 1
    }
  }
  return counts
}

/** `a - b`, replicate by replicate: the paired difference when both come from one call of `bootstrapReplicates`. */
export const differenceOfReplicates = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from(a, (x, r) => x - b[r]!)

/**
 * Mean over sites, replicate by replicate. Sites resample independently, so this is the stratified bootstrap
 * (strata: site and class) of the unweighted mean of the sites' statistics. All sites have the same number of replicates.
 */
export function meanOfReplicates(sites: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(
    { length: sites[0]?.length ?? 0 },
    (_, r) => sites.reduce((sum, site) => sum + site[r]!, 0) / sites.length,
  )
}
