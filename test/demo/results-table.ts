/** The results as a table for a terminal. Pure. */
import type { DemoReport, Estimate, SiteReport } from './report.ts'

const BACKBONES = ['untrained', 'local', 'federated'] as const

export function resultsTable(report: DemoReport): readonly string[] {
  const fractions = Object.keys(report.federation).sort((a, b) => Number(a) - Number(b))
  const sites = [...report.sites, ...(report.holdout === undefined ? [] : [report.holdout])]
  return [
    'Linear-probe AUC on held-out images, by share of labels used [95 % interval]',
    row(['', '', ...fractions.map(percent)]),
    ...sites.flatMap((site) => siteRows(site, fractions, site === report.holdout)),
    ...federationRows(report, fractions),
    '',
    ...summaryLines(report),
  ]
}

function siteRows(site: SiteReport, fractions: readonly string[], unseen: boolean): string[] {
  const title = unseen ? `${site.name} (unseen)` : site.name
  const probes = BACKBONES.flatMap((backbone) => {
    const cells = fractions.map((fraction) => site.probe[fraction]?.[backbone])
    return cells.includes(undefined)
      ? []
      : [row(['', backbone, ...cells.map((e) => withInterval(e!))])]
  })
  const tuned = (['scratch', 'federated'] as const).map((start) =>
    row([
      '',
      `fine-tuned, ${start}`,
      ...fractions.map((fraction) => site.fineTuneAuc[fraction]?.[start].toFixed(3) ?? ''),
    ]),
  )
  return [`${title}: ${site.images} training images, ${site.heldOut} held out`, ...probes, ...tuned]
}

function federationRows({ federation }: DemoReport, fractions: readonly string[]): string[] {
  const cells = (pick: (fraction: string) => Estimate | undefined): readonly string[] =>
    fractions.map((fraction) => {
      const estimate = pick(fraction)
      return estimate === undefined ? '' : withInterval(estimate, true)
    })
  const vsLocal = cells((f) => federation[f]!.federatedMinusLocal)
  return [
    'all sites together (paired differences)',
    row(['', 'federated - untrained', ...cells((f) => federation[f]!.federatedMinusUntrained)]),
    ...(vsLocal.includes('') ? [] : [row(['', 'federated - local', ...vsLocal])]),
  ]
}

const summaryLines = (report: DemoReport): readonly string[] => [
  `backbone   ${report.backbone.sha256} (${report.backbone.parameters} parameters)`,
  `wire       ${report.wire.bytesPerParameterUp.toFixed(2)} bytes per parameter up, ${report.wire.bytesPerParameterDown.toFixed(2)} down`,
  `speed      ${report.viewsPerSecond.toFixed(0)} views/s in training; ${report.seconds.toFixed(0)} s in all`,
]

export const percent = (fraction: string): string => `${Number(fraction) * 100} %`

function withInterval({ value, ci }: Estimate, signed = false): string {
  const number = (x: number): string => (signed && x >= 0 ? '+' : '') + x.toFixed(3)
  return `${number(value)} [${ci.map(number).join(', ')}]`
}

const WIDTHS = [2, 23]
const CELL = 26

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => cell.padEnd(WIDTHS[i] ?? CELL))
    .join('')
    .trimEnd()
