/**
 * Linear-probe AUC against the share of labels, for several backbones on one site's held-out images. Small label
 * subsets are drawn several times and their AUCs averaged; all backbones see the same subsets and the same bootstrap
 * resamples, so that their difference is a paired one.
 */
import { createStream } from '@consilium/random'
import { indicesOf, type Dataset } from '../dataset.ts'
import { featureStatistics } from '../probes/feature-statistics.ts'
import { selectRows, type Features } from '../probes/features.ts'
import { labelFractions, labelSubset } from '../probes/label-fractions.ts'
import { linearProbe } from '../probes/linear-probe.ts'
import { bootstrapReplicates } from '../statistics/bootstrap.ts'
import type { ClassScores } from '../statistics/class-scores.ts'
import { macroAucStatistic } from '../statistics/macro-auc.ts'
import { percentileInterval, type Interval } from '../statistics/percentile-interval.ts'
import { onWholeSet, type Statistic } from '../statistics/statistic.ts'

/** Draws of a label subset that is not the whole set. */
const DRAWS = 10

export interface ProbeResult {
  /** Macro AUC on the held-out images, mean over the draws. */
  readonly auc: number
  /** 95 % percentile bootstrap over the held-out images. */
  readonly ci: Interval
  /** The bootstrap's values, for paired and pooled intervals. */
  readonly replicates: readonly number[]
}

/** Results by label fraction ("0.01", "0.1", "1") and backbone, for the backbones that were given. */
export type ProbeCurves<Name extends string> = Readonly<
  Record<string, Readonly<Partial<Record<Name, ProbeResult>>>>
>

interface ProbeCurvesOptions<Name extends string> {
  readonly dataset: Dataset
  /** Each backbone's features of every image of the dataset. */
  readonly features: Readonly<Partial<Record<Name, Features>>>
  readonly seed: number
  readonly site: string
}

/** Throws LEARNING_ONE_CLASS when training or held-out labels name fewer than two classes. */
export function probeCurves<Name extends string>(
  options: ProbeCurvesOptions<Name>,
): ProbeCurves<Name> {
  return Object.fromEntries(
    labelFractions.map((fraction) => [String(fraction), probesAt(fraction, options)]),
  )
}

function probesAt<Name extends string>(
  fraction: number,
  options: ProbeCurvesOptions<Name>,
): Record<Name, ProbeResult> {
  const { dataset, features, seed, site } = options
  const heldOut = indicesOf(dataset, 'test', { labelled: true })
  const labels = heldOut.map((i) => dataset.labels[i]!)
  const names = Object.keys(features) as Name[]
  const statistics = byName(names, (name) => {
    const areas = scoresOfDraws(fraction, features[name]!, options).map((scores) =>
      macroAucStatistic(scores, labels),
    )
    return meanOf(areas)
  })
  const stream = createStream(seed, site, 'bootstrap', fraction)
  const replicates = bootstrapReplicates({ labels, statistics, stream })
  return byName(names, (name) => ({
    auc: onWholeSet(statistics[name], labels.length),
    ci: percentileInterval(replicates[name]),
    replicates: [...replicates[name]],
  }))
}

function scoresOfDraws(
  fraction: number,
  features: Features,
  { dataset, seed, site }: Omit<ProbeCurvesOptions<string>, 'features'>,
): ClassScores[] {
  const candidates = indicesOf(dataset, 'train', { labelled: true })
  const statistics = featureStatistics(selectRows(features, indicesOf(dataset, 'train')))
  const test = selectRows(features, indicesOf(dataset, 'test', { labelled: true }))
  return Array.from({ length: fraction < 1 ? DRAWS : 1 }, (_, draw) => {
    const chosen = labelSubset({ labels: dataset.labels, candidates, fraction, seed, site, draw })
    const trainLabels = chosen.map((i) => dataset.labels[i]!)
    return linearProbe({
      train: selectRows(features, chosen),
      trainLabels,
      test,
      classes: dataset.classes.length,
      statistics,
    })
  })
}

const meanOf =
  (areas: readonly Statistic[]): Statistic =>
  (counts) =>
    areas.reduce((sum, area) => sum + area(counts), 0) / areas.length

const byName = <Name extends string, T>(
  names: readonly Name[],
  make: (name: Name) => T,
): Record<Name, T> => Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, T>
