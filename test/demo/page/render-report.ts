/** `report.html`: one file without scripts or outside resources, for a screen, in light or dark, and for paper. Pure. */
import type { DemoReport } from '../report.ts'
import { escapeHtml } from './escape-html.ts'
import {
  backboneSeries,
  curveFigure,
  differenceFigure,
  fineTuneFigure,
  lossFigure,
} from './figures.ts'
import { legend } from './line-chart.ts'
import { pageStyle } from './page-style.ts'
import { lineageTable, probeTable, siteTable } from './tables.ts'
import { siteColour } from './site-colour.ts'
import { timelineChart } from './timeline-chart.ts'

/** Pairs of augmented views of some images of one site, as a PNG. */
export interface ViewStrip {
  readonly site: string
  readonly png: Uint8Array
}

export function renderReport(report: DemoReport, views: readonly ViewStrip[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Consilium: the report of a federation</title>
<style>${pageStyle}</style>
</head>
<body>
${sections(report, views).join('\n')}
</body>
</html>
`
}

const sections = (report: DemoReport, views: readonly ViewStrip[]): readonly string[] => [
  `<header>${opening(report)}</header>`,
  section(
    'What the federation is worth',
    `${headline(report)}
${curveFigure(report)}
${probeTable(report)}`,
  ),
  section(
    'Against the untrained backbone',
    `<p>The same network with the weights it began with, measured on the same
images. An interval above zero says that the training helped.</p>${differenceFigure(report)}`,
  ),
  section('Fine-tuned on few labels', fineTuneFigure(report)),
  section('At each site', siteTable(report)),
  section('Training', lossFigure(report)),
  section(
    'Rounds',
    `<figure>${timelineChart(report.timeline, (site) => siteColour(report, site))}
${legend(report.sites.map(({ name }) => ({ name, colour: siteColour(report, name), dash: '', points: [] })))}
<figcaption>Bars: from invitation to the new global model. Marks: an update arrived.</figcaption></figure>`,
  ),
  ...(views.length > 0
    ? [section('What the training sees', views.map(viewFigure).join('\n'))]
    : []),
  section('What left the sites', wire(report)),
  section('Where the backbone comes from', lineageTable(report)),
]

const section = (title: string, content: string): string =>
  `<section>\n<h2>${title}</h2>\n${content}\n</section>`

const opening = ({ sites, rounds, backbone, seconds, seed }: DemoReport): string =>
  `<h1>One backbone, trained across ${sites.length} sites</h1>
<p>${rounds} ${rounds === 1 ? 'round' : 'rounds'} at ${escapeHtml(sites.map(({ name }) => name).join(', '))}. No image left its site.</p>
<p class="quiet">${backbone.parameters.toLocaleString('en')} parameters, ${seconds.toFixed(0)} seconds in all, seed ${seed}, SHA-256 <code>${backbone.sha256}</code></p>`

function headline({ federation }: DemoReport): string {
  const parts = Object.entries(federation)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([fraction, { probe }]) => {
      const share = `${Number(fraction) * 100} % of the labels`
      return `${probe.untrained.value.toFixed(3)} untrained, ${probe.federated.value.toFixed(3)} federated with ${share}`
    })
  return `<p>Linear probe on frozen features, macro AUC on held-out images, mean of the sites: ${parts.join('; ')}.</p>
${legend(backboneSeries)}`
}

const viewFigure = ({ site, png }: ViewStrip): string =>
  `<figure><img alt="Pairs of augmented views of images of ${escapeHtml(site)}" src="data:image/png;base64,${Buffer.from(png).toString('base64')}">
<figcaption>${escapeHtml(site)}: the two views of an image must find each other among all others. Made on this machine, for this page only.</figcaption></figure>`

const wire = ({ wire: { bytesPerParameterUp, bytesPerParameterDown } }: DemoReport): string =>
  `<p>Weight updates, a rounded image count, and mean losses. Per parameter of the model and transfer:
${bytesPerParameterUp.toFixed(2)} bytes up, ${bytesPerParameterDown.toFixed(2)} bytes down.
Every message is in <code>left.jsonl</code> in the site's state folder.</p>`
