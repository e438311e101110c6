/** When each round was open and when the sites' updates arrived, as SVG text. */
import type { RoundReport } from '../report.ts'
import { axisOver } from './axis.ts'
import { escapeHtml } from './escape-html.ts'

const WIDTH = 640
const LEFT = 62
const RIGHT = 16
const ROW = 20
const TOP = 6

export function timelineChart(
  rounds: readonly RoundReport[],
  colourOf: (site: string) => string,
): string {
  const axis = axisOver('seconds', [0, ...rounds.map(({ committedAt }) => committedAt)])
  const at = (seconds: number): number =>
    Math.round(10 * (LEFT + (seconds / axis.high) * (WIDTH - LEFT - RIGHT))) / 10
  const bottom = TOP + ROW * rounds.length
  const rows = rounds.map(({ round, openedAt, committedAt, updates }, i) => {
    const y = TOP + ROW * i
    const bar = `<rect class="round" x="${at(openedAt)}" y="${y + 3}" width="${(at(committedAt) - at(openedAt)).toFixed(1)}" height="${ROW - 6}"/>`
    const arrivals = updates.map(
      ({ site, arrivedAt }) =>
        `<path class="arrival" style="--series:var(${colourOf(site)})" d="M${at(arrivedAt)} ${y + 1}v${ROW - 2}"><title>${escapeHtml(site)}, ${arrivedAt.toFixed(1)} s</title></path>`,
    )
    return `<text x="${LEFT - 8}" y="${y + ROW / 2}" class="end">round ${round}</text>${bar}${arrivals.join('')}`
  })
  return [
    `<svg viewBox="0 0 ${WIDTH} ${bottom + 46}" role="img" aria-label="Rounds over time, with the arrival of every update">`,
    ...rows,
    `<path class="axis" d="M${LEFT} ${bottom}H${WIDTH - RIGHT}"/>`,
    ...axis.ticks.map(
      ({ at: seconds, text }) =>
        `<text x="${at(seconds)}" y="${bottom + 18}" class="middle">${escapeHtml(text)}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${bottom + 40}" class="middle label">seconds after the first round was opened</text>`,
    '</svg>',
  ].join('\n')
}
