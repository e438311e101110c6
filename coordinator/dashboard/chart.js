/** The loss curves: one line per site, points where it reported, and a bold one for all, weighted by samples. */
import { element, svgElement } from '/element.js'

/** Okabe & Ito's palette, which colour-blind readers can tell apart (https://jfly.uni-koeln.de/color/). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']
/** A seventh site takes the first colour again, dashed. */
const DASHES = ['none', '6 3', '2 3']

const HEIGHT = 260
const MARGIN = { left: 46, right: 12, top: 10, bottom: 38 }

export function drawLosses(container, study, live) {
  const width = Math.max(280, container.clientWidth)
  const series = seriesOf(study, live)
  const values = series.flatMap(({ points }) => points.map(({ loss }) => loss))
  const scale = scaleFor(width, study.roundsPlanned, values)
  container.replaceChildren(
    svgElement(
      'svg',
      {
        viewBox: `0 0 ${width} ${HEIGHT}`,
        width,
        height: HEIGHT,
        role: 'img',
        'aria-label': 'Loss of each site and of all sites over the rounds',
      },
      ...axes(scale, width),
      ...series.flatMap((one) => drawSeries(one, scale)),
    ),
  )
}

export function drawLegend(list, study) {
  const all = { name: 'all sites', style: { class: 'series all' } }
  const entries = [...study.sites.map(({ site }, i) => ({ name: site, style: styleOf(i) })), all]
  list.replaceChildren(
    ...entries.map(({ name, style }) => {
      const line = svgElement('path', { d: 'M0 6H22', ...style })
      return element('li', {}, svgElement('svg', { width: 22, height: 12 }, line), name)
    }),
  )
}

const styleOf = (i) => ({
  class: 'series',
  stroke: COLOURS[i % COLOURS.length],
  'stroke-dasharray': DASHES[Math.floor(i / COLOURS.length) % DASHES.length],
})

function seriesOf({ sites, rounds }, live) {
  const ofSites = sites.map(({ site }, i) => ({
    style: styleOf(i),
    points: [...reported(rounds, (round) => round.losses[site]), ...(live.get(site) ?? [])].sort(
      (a, b) => a.x - b.x,
    ),
  }))
  const all = { style: { class: 'series all' }, points: reported(rounds, (r) => r.meanLoss) }
  return [...ofSites, all]
}

const reported = (rounds, lossOf) =>
  rounds
    .map((round) => ({ x: round.round, loss: lossOf(round) }))
    .filter(({ loss }) => loss !== undefined)

function scaleFor(width, rounds, values) {
  const ticks = niceTicks(Math.min(...values, Infinity), Math.max(...values, -Infinity))
  const [low, high] = [ticks[0], ticks.at(-1)]
  const inner = {
    width: width - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  }
  return {
    ticks,
    rounds,
    x: (round) => MARGIN.left + (inner.width * round) / rounds,
    y: (loss) => MARGIN.top + (inner.height * (high - loss)) / (high - low),
  }
}

/** About four steps of 1, 2 or 5 times a power of ten that enclose the values. */
function niceTicks(low, high) {
  if (low > high) return [0, 1]
  const rough = Math.max(high - low, Math.abs(high) * 0.02, 1e-6) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)
  const first = Math.floor(low / step)
  const last = Math.max(Math.ceil(high / step), first + 1)
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

function axes({ ticks, rounds, x, y }, width) {
  const digits = Math.max(0, -Math.floor(Math.log10(ticks[1] - ticks[0])))
  const every = Math.ceil(rounds / Math.max(2, Math.floor(width / 60)))
  const marks = Array.from({ length: Math.floor(rounds / every) + 1 }, (_, i) => i * every)
  return [
    ...ticks.flatMap((tick) => [
      svgElement('path', {
        class: 'grid',
        d: `M${MARGIN.left} ${y(tick)}H${width - MARGIN.right}`,
      }),
      label(tick.toFixed(digits), { x: MARGIN.left - 8, y: y(tick) + 4, 'text-anchor': 'end' }),
    ]),
    ...marks.map((mark) =>
      label(String(mark), { x: x(mark), y: HEIGHT - MARGIN.bottom + 16, 'text-anchor': 'middle' }),
    ),
    label('rounds done', { x: (MARGIN.left + width) / 2, y: HEIGHT - 4, 'text-anchor': 'middle' }),
    label('loss', {
      transform: `translate(11 ${HEIGHT / 2}) rotate(-90)`,
      'text-anchor': 'middle',
    }),
  ]
}

const label = (text, attributes) => svgElement('text', attributes, text)

/** A single point would be an invisible line, so it gets a dot. */
function drawSeries({ points, style }, { x, y }) {
  if (points.length === 0) return []
  const path = points.map(
    (p, i) => `${i === 0 ? 'M' : 'L'}${x(p.x).toFixed(1)} ${y(p.loss).toFixed(1)}`,
  )
  const { class: name, stroke } = style
  const end = points.at(-1)
  const dot = { class: name === 'series' ? '' : 'all', cx: x(end.x), cy: y(end.loss), r: 3 }
  return [
    svgElement('path', { d: path.join(''), ...style }),
    svgElement('circle', stroke === undefined ? dot : { ...dot, fill: stroke }),
  ]
}
