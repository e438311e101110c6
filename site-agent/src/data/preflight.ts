/**
 * What a site's own staff see about their data before anything else happens: what was found, what was left out and why.
 * It holds local paths, so it is shown on the site's own screen and never leaves the site.
 */
import type { Dataset } from '@consilium/learning'
import { NoImagesError, NoLabelsError, OneClassError, TooFewImagesError } from '../errors.ts'

export const MAX_PATHS_SHOWN = 20
export const MIN_TRAINING_IMAGES = 2
const FEW_IMAGES = 50

/** A file or an image that was left out. `reason` holds no path, `path` is local. */
export interface Skipped {
  readonly reason: string
  readonly path: string
}

/** What a reader found besides the images. */
export interface Findings {
  readonly source: string
  /** Kind of file, channels and depth of every image, for example `PNG, grey, 16-bit`. */
  readonly formats: readonly string[]
  readonly skipped: readonly Skipped[]
  readonly duplicates: number
  /** Rows of labels.csv that could not be used, and other doubts about labels. */
  readonly labelProblems: readonly string[]
}

export interface SplitCounts {
  readonly train: number
  readonly validation: number
  readonly test: number
}

export interface PreflightReport {
  readonly source: string
  readonly images: number
  readonly splits: SplitCounts
  readonly classes: readonly (SplitCounts & { readonly name: string })[]
  readonly unlabelled: SplitCounts
  readonly formats: Readonly<Record<string, number>>
  /** Most frequent reason first; at most MAX_PATHS_SHOWN paths each. */
  readonly skipped: readonly {
    readonly reason: string
    readonly count: number
    readonly paths: readonly string[]
  }[]
  readonly duplicates: number
  readonly labelProblems: { readonly count: number; readonly shown: readonly string[] }
  readonly warnings: readonly string[]
}

export function createPreflight(dataset: Dataset, findings: Findings): PreflightReport {
  const classes = dataset.classes.map((name, label) => ({
    name,
    ...countSplits(dataset, (l) => l === label),
  }))
  const splits = countSplits(dataset, () => true)
  return {
    source: findings.source,
    images: dataset.labels.length,
    splits,
    classes,
    unlabelled: countSplits(dataset, (label) => label < 0),
    formats: tally(findings.formats),
    skipped: groupSkipped(findings.skipped),
    duplicates: findings.duplicates,
    labelProblems: {
      count: findings.labelProblems.length,
      shown: findings.labelProblems.slice(0, MAX_PATHS_SHOWN),
    },
    warnings: warningsOf(splits, classes),
  }
}

/** Refuses data that cannot be trained on, or with `labelsRequired` not evaluated on. Throws DATA_NO_IMAGES, DATA_TOO_FEW, DATA_NO_LABELS, DATA_ONE_CLASS. */
export function assertUsable(report: PreflightReport, { labelsRequired = false } = {}): void {
  const { source, splits } = report
  if (report.images === 0) {
    throw new NoImagesError({
      source,
      skipped: report.skipped.map(({ reason, count }) => `${count} × ${reason}`),
    })
  }
  if (splits.train < MIN_TRAINING_IMAGES) {
    throw new TooFewImagesError({ source, images: splits.train, needed: MIN_TRAINING_IMAGES })
  }
  if (!labelsRequired) return
  for (const split of ['train', 'test'] as const) {
    const present = report.classes.filter((counts) => counts[split] > 0)
    if (present.length === 0) throw new NoLabelsError({ source, split })
    if (present.length === 1) throw new OneClassError({ source, split, name: present[0]!.name })
  }
}

/** The report without anything that names a file. */
export function preflightCounts({ skipped, labelProblems, ...report }: PreflightReport) {
  return {
    ...report,
    skipped: skipped.map(({ reason, count }) => ({ reason, count })),
    labelProblems: labelProblems.count,
  }
}

/** Lines for a terminal. */
export function describePreflight(report: PreflightReport): readonly string[] {
  const { splits } = report
  return [
    `${report.source}: ${report.images} images (${describeCounts(splits)})`,
    ...report.classes.map((counts) => `  class ${counts.name}: ${describeCounts(counts)}`),
    ...(report.unlabelled.train + report.unlabelled.validation + report.unlabelled.test > 0
      ? [`  without label: ${describeCounts(report.unlabelled)}`]
      : []),
    ...Object.entries(report.formats).map(([format, count]) => `  ${format}: ${count}`),
    ...(report.duplicates > 0 ? [`  the same image again, dropped: ${report.duplicates}`] : []),
    ...report.skipped.flatMap(describeSkipped),
    ...describeMore('  labels: ', report.labelProblems.shown, report.labelProblems.count),
    ...report.warnings.map((warning) => `  note: ${warning}`),
  ]
}

const describeCounts = ({ train, validation, test }: SplitCounts): string =>
  `train ${train}${validation > 0 ? `, validation ${validation}` : ''}, test ${test}`

const describeSkipped = ({
  reason,
  count,
  paths,
}: PreflightReport['skipped'][number]): string[] => [
  `  skipped ${count}: ${reason}`,
  ...describeMore('    ', paths, count),
]

const describeMore = (indent: string, shown: readonly string[], count: number): string[] => [
  ...shown.map((line) => `${indent}${line}`),
  ...(count > shown.length ? [`${indent}and ${count - shown.length} more`] : []),
]

function countSplits({ labels, splits }: Dataset, keep: (label: number) => boolean): SplitCounts {
  const counts = [0, 0, 0]
  labels.forEach((label, i) => {
    if (keep(label)) counts[splits[i]!]! += 1
  })
  return { train: counts[0]!, validation: counts[1]!, test: counts[2]! }
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function groupSkipped(skipped: readonly Skipped[]): PreflightReport['skipped'] {
  return Object.entries(tally(skipped.map(({ reason }) => reason)))
    .map(([reason, count]) => ({
      reason,
      count,
      paths: skipped
        .filter((s) => s.reason === reason)
        .slice(0, MAX_PATHS_SHOWN)
        .map(({ path }) => path),
    }))
    .sort((a, b) => b.count - a.count)
}

function warningsOf(splits: SplitCounts, classes: PreflightReport['classes']): string[] {
  return [
    ...(splits.train > 0 && splits.train < FEW_IMAGES
      ? [`only ${splits.train} training images: this site's update will say little`]
      : []),
    ...classes
      .filter(({ train, test }) => train + test > 0 && (train === 0 || test === 0))
      .map(
        ({ name, train }) => `class ${name} has no image to ${train === 0 ? 'train' : 'test'} on`,
      ),
  ]
}
