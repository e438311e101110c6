/** The charts of the report, each with what it shows in words. */
import { percent } from '../results-table.ts'
import type { ByBackbone, DemoReport, Estimate } from '../report.ts'
import { axisOver, type Axis } from './axis.ts'
import { legend, lineChart, type ChartPoint, type Series } from './line-chart.ts'
import { siteColour } from './site-colour.ts'

type SeriesStyle = Omit<Series, 'points'>

const styles = {
  untrained: { name: 'untrained', colour: '--orange', dash: '2 4' },
  local: { name: 'this site alone', colour: '--pink', dash: '8 4' },
  federated: { name: 'federated', colour: '--green', dash: '' },
  scratch: { name: 'from scratch', colour: '--red', dash: '2 4' },
} as const satisfies Record<string, SeriesStyle>

export const backboneSeries: readonly Series[] = [
  styles.untrained,
  styles.local,
  styles.federated,
].map((style) => ({ ...style, points: [] }))

const DASHES = ['', '8 4', '2 4', '8 3 2 3', '12 4', '4 2']

const sorted = <T>(byFraction: Readonly<Record<string, T>>): readonly (readonly [string, T])[] =>
  Object.entries(byFraction).sort(([a], [b]) => Number(a) - Number(b))

/** Shares of labels, evenly spaced in order. */
function fractionAxis({ federation }: DemoReport): Axis {
  const ticks = sorted(federation).map(([fraction], at) => ({ at, text: percent(fraction) }))
  return { label: 'share of the labels', low: -0.4, high: ticks.length - 0.6, ticks }
}

export function curveFigure(report: DemoReport): string {
  const names = ['untrained', 'local', 'federated'] as const
  const series = names.map((name): Series => ({
    ...styles[name],
    points: sorted(report.federation).flatMap(([, { probe }], x) => pointOf(x, probe, name)),
  }))
  return chartFigure(
    {
      description: 'AUC of the linear probe against the share of labels, for three backbones',
      x: fractionAxis(report),
      y: axisOver('AUC', bounds(series)),
      series,
    },
    'Mean of the sites, with 95 % bootstrap intervals over held-out images.',
  )
}

function pointOf(
  x: number,
  probe: ByBackbone<Estimate>,
  name: keyof ByBackbone<Estimate>,
): ChartPoint[] {
  const estimate = probe[name]
  return estimate === undefined ? [] : [{ x, y: estimate.value, interval: estimate.ci }]
}

export function differenceFigure(report: DemoReport): string {
  const against = (pick: 'federatedMinusUntrained' | 'federatedMinusLocal'): ChartPoint[] =>
    sorted(report.federation).flatMap(([, federation], x) => {
      const estimate = federation[pick]
      return estimate === undefined ? [] : [{ x, y: estimate.value, interval: estimate.ci }]
    })
  const series: Series[] = [
    {
      ...styles.untrained,
      name: 'federated minus untrained',
      dash: undefined,
      points: against('federatedMinusUntrained'),
    },
    {
      ...styles.local,
      name: 'federated minus this site alone',
      dash: undefined,
      points: against('federatedMinusLocal'),
    },
  ].filter(({ points }) => points.length > 0)
  return chartFigure(
    {
      description:
        'Difference of AUC between the federated backbone and the others, by share of labels',
      x: fractionAxis(report),
      y: axisOver('difference of AUC', [0, ...bounds(series)]),
      series,
      reference: 0,
    },
    'Paired bootstrap: both backbones on the same resampled images, 95 % intervals, mean of the sites.',
    true,
  )
}

export function fineTuneFigure(report: DemoReport): string {
  const series = (['scratch', 'federated'] as const).map((start): Series => ({
    ...styles[start],
    points: sorted(report.federation).map(([, { fineTune }], x) => ({ x, y: fineTune[start] })),
  }))
  return chartFigure(
    {
      description:
        'AUC after fine-tuning the whole network, from scratch and from the federated backbone',
      x: fractionAxis(report),
      y: axisOver('AUC', bounds(series)),
      series,
    },
    'The whole network trained on the labels, the same number of steps from both starts; mean of the sites.',
    true,
  )
}

export function lossFigure(report: DemoReport): string {
  if (Object.keys(report.losses).length === 0)
    return '<p>The rounds were too short for a curve.</p>'
  const series = Object.entries(report.losses).map(([site, points], i): Series => ({
    name: site,
    colour: siteColour(report, site),
    dash: DASHES[i % DASHES.length]!,
    points: points.map(({ round, loss }) => ({ x: round, y: loss })),
  }))
  return chartFigure(
    {
      description: 'Contrastive loss of every site over the rounds',
      x: axisOver('rounds', [0, report.rounds], Math.min(report.rounds, 10)),
      y: axisOver('loss', bounds(series)),
      series,
    },
    'Mean contrastive loss since the beginning of each round.',
    true,
  )
}

function chartFigure(
  chart: Parameters<typeof lineChart>[0],
  caption: string,
  withLegend = false,
): string {
  const names = withLegend ? legend(chart.series) : ''
  return `<figure>${lineChart(chart)}\n${names}<figcaption>${caption}</figcaption></figure>`
}

const bounds = (series: readonly Series[]): readonly number[] =>
  series.flatMap(({ points }) => points.flatMap(({ y, interval }) => [y, ...(interval ?? [])]))
