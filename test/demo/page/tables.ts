/** The numbers behind the charts, and those without a chart. */
import { percent } from '../results-table.ts'
import type { ByBackbone, DemoReport, Estimate, SiteReport } from '../report.ts'
import { escapeHtml } from './escape-html.ts'

const fractionsOf = ({ federation }: DemoReport): readonly string[] =>
  Object.keys(federation).sort((a, b) => Number(a) - Number(b))

export function probeTable(report: DemoReport): string {
  const rows = fractionsOf(report).map((fraction) => {
    const { probe, federatedMinusUntrained } = report.federation[fraction]!
    const cells = [probe.untrained, probe.local, probe.federated, federatedMinusUntrained]
    return [percent(fraction), ...cells.map(withInterval)]
  })
  return table(
    ['labels', 'untrained', 'this site alone', 'federated', 'federated - untrained'],
    rows,
  )
}

export function siteTable(report: DemoReport): string {
  const sites = [...report.sites, ...(report.holdout === undefined ? [] : [report.holdout])]
  const rows = sites.flatMap((site) =>
    fractionsOf(report).map((fraction, i) => [
      i === 0 ? siteTitle(site, site === report.holdout) : '',
      percent(fraction),
      ...probeCells(site.probe[fraction]!),
      site.fineTuneAuc[fraction]?.scratch.toFixed(3) ?? '',
      site.fineTuneAuc[fraction]?.federated.toFixed(3) ?? '',
    ]),
  )
  const head = [
    'site',
    'labels',
    'untrained',
    'alone',
    'federated',
    'tuned, scratch',
    'tuned, federated',
  ]
  const knn = sites.map(({ name, knnAccuracy: { untrained, local, federated } }) => [
    escapeHtml(name),
    untrained.toFixed(3),
    local?.toFixed(3) ?? '',
    federated.toFixed(3),
  ])
  return `${table(head, rows)}
<p class="quiet">Linear-probe AUC with 95 % intervals, and AUC after fine-tuning. Accuracy of the nearest neighbours (k = 20), all labels:</p>
${table(['site', 'untrained', 'alone', 'federated'], knn)}`
}

const siteTitle = ({ name, images, heldOut }: SiteReport, unseen: boolean): string =>
  `${escapeHtml(name)}${unseen ? ' (took no part)' : ''}<br><span class="quiet">${images} + ${heldOut} held out</span>`

const probeCells = ({ untrained, local, federated }: ByBackbone<Estimate>): readonly string[] =>
  [untrained, local, federated].map(withInterval)

export function lineageTable(report: DemoReport): string {
  const rows = report.lineage.map(({ kind, sha256 }) => [kind, `<code>${sha256}</code>`])
  return `<p>Plan <code>${report.planSha256}</code>. Every model was made from the one above it and the updates of its round;
the release is the last model without its projector.</p>${table(['model', 'SHA-256'], rows)}`
}

const withInterval = (estimate: Estimate | undefined): string =>
  estimate === undefined
    ? ''
    : `${estimate.value.toFixed(3)} <span class="quiet interval">${estimate.ci.map((x) => x.toFixed(3)).join('&#8211;')}</span>`

/** Cells are HTML. */
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><thead><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n')}</tbody></table>`
