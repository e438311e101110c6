/** A line chart as SVG text, without scripts: colours come from the page's style, so it follows light and dark. */
import type { Axis } from './axis.ts'
import { escapeHtml } from './escape-html.ts'

export interface Series {
  readonly name: string
  /** CSS variable of the page's style. */
  readonly colour: string
  /** SVG dash pattern, so that lines differ without colour; '' is a solid line, undefined draws points only. */
  readonly dash: string | undefined
  readonly points: readonly ChartPoint[]
}

export interface ChartPoint {
  readonly x: number
  readonly y: number
  readonly interval?: readonly [low: number, high: number]
}

export interface LineChart {
  /** What it shows, for readers who do not see it. */
  readonly description: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  /** A value of y to compare with. */
  readonly reference?: number
}

const WIDTH = 640
const HEIGHT = 320
const LEFT = 62
const RIGHT = 16
const TOP = 12
const BOTTOM = 48
/** Distance between the intervals of neighbouring series, so that they do not hide each other. */
const DODGE = 7

export function lineChart({ description, x, y, series, reference }: LineChart): string {
  const atX = (value: number): number =>
    LEFT + ((value - x.low) / (x.high - x.low)) * (WIDTH - LEFT - RIGHT)
  const atY = (value: number): number =>
    HEIGHT - BOTTOM - ((value - y.low) / (y.high - y.low)) * (HEIGHT - TOP - BOTTOM)
  const marks = series.map((one, i) =>
    drawSeries(one, { atX, atY, shift: (i - (series.length - 1) / 2) * DODGE }),
  )
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(description)}">`,
    ...y.ticks.map(({ at, text }) => {
      const v = round(atY(at))
      return `<path class="grid" d="M${LEFT} ${v}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${v}" class="end">${escapeHtml(text)}</text>`
    }),
    ...x.ticks.map(
      ({ at, text }) =>
        `<text x="${round(atX(at))}" y="${HEIGHT - BOTTOM + 20}" class="middle">${escapeHtml(text)}</text>`,
    ),
    `<path class="axis" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>`,
    reference === undefined
      ? ''
      : `<path class="reference" d="M${LEFT} ${round(atY(reference))}H${WIDTH - RIGHT}"/>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" class="middle label">${escapeHtml(x.label)}</text>`,
    `<text transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" class="middle label">${escapeHtml(y.label)}</text>`,
    ...marks,
    '</svg>',
  ].join('\n')
}

interface Placement {
  readonly atX: (value: number) => number
  readonly atY: (value: number) => number
  /** Pixels to the right. */
  readonly shift: number
}

function drawSeries({ colour, dash, points }: Series, { atX, atY, shift }: Placement): string {
  const hasIntervals = points.some(({ interval }) => interval !== undefined)
  const placed = points.map(({ x, y, interval }) => ({
    x: round(atX(x) + (hasIntervals ? shift : 0)),
    y: round(atY(y)),
    interval: interval?.map((bound) => round(atY(bound))),
  }))
  const path = placed.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('')
  const line =
    dash === undefined ? '' : `<path class="line" stroke-dasharray="${dash}" d="${path}"/>`
  const bars = placed.map(({ x, interval }) =>
    interval === undefined
      ? ''
      : `<path d="M${x} ${interval[0]!}V${interval[1]!}M${x - 3} ${interval[0]!}h6M${x - 3} ${interval[1]!}h6"/>`,
  )
  const dots = hasIntervals ? placed.map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="3.5"/>`) : []
  return `<g style="--series:var(${colour})" class="series">${line}${bars.join('')}${dots.join('')}</g>`
}

const round = (x: number): number => Math.round(x * 10) / 10

/** Names of the series with their line, as HTML. */
export const legend = (series: readonly Series[]): string =>
  `<p class="legend">${series
    .map(
      ({ name, colour, dash }) =>
        `<span><svg viewBox="0 0 34 8" class="key" style="--series:var(${colour})" aria-hidden="true"><path class="line" stroke-dasharray="${dash ?? '0 40'}" d="M1 4H33"/><circle cx="17" cy="4" r="3"/></svg>${escapeHtml(name)}</span>`,
    )
    .join('')}</p>`
