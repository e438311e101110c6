/** Measures of many films of one site, half of them diseased, for the tests of what may and may not show the disease. */
import { createStream } from '@consilium/random'
import { createPhantom } from '../create-phantom.ts'
import type { Image } from '../detector.ts'
import { phantomSites } from '../phantom-site.ts'

const measures = { mean, spread, darkest, brightest, textureAt32 }

export type Measure = keyof typeof measures

/** Of each measure, the share of (diseased, healthy) pairs in which the diseased film has more: its AUC. */
export function measureFilms(
  site: keyof typeof phantomSites,
  films: number,
): Record<Measure, number> {
  const rows = Array.from({ length: films }, (_, i) => {
    const image = createPhantom(createStream(1, site, i), phantomSites[site], i % 2 === 1)
    return Object.values(measures).map((measure) => measure(image))
  })
  const valuesOf = (column: number, diseased: number): number[] =>
    rows.filter((_, i) => i % 2 === diseased).map((row) => row[column]!)
  const entries = Object.keys(measures).map(
    (name, i) => [name, auc(valuesOf(i, 1), valuesOf(i, 0))] as const,
  )
  return Object.fromEntries(entries) as Record<Measure, number>
}

function auc(diseased: readonly number[], healthy: readonly number[]): number {
  const wins = diseased.map(
    (d) => healthy.filter((h) => d > h).length + healthy.filter((h) => d === h).length / 2,
  )
  return wins.reduce((sum, w) => sum + w, 0) / (diseased.length * healthy.length)
}

function mean({ pixels }: Image): number {
  return pixels.reduce((sum, x) => sum + x, 0) / pixels.length
}

function spread(image: Image): number {
  const centre = mean(image)
  return Math.sqrt(
    image.pixels.reduce((sum, x) => sum + (x - centre) ** 2, 0) / image.pixels.length,
  )
}

function darkest({ pixels }: Image): number {
  return pixels.reduce((least, x) => Math.min(least, x))
}

function brightest({ pixels }: Image): number {
  return pixels.reduce((most, x) => Math.max(most, x))
}

/** Mean curvature of the film's middle at 32 x 32 pixels, relative to its spread. */
function textureAt32(image: Image): number {
  const small = reduceTo32(image)
  let sum = 0
  for (let y = 8; y < 22; y += 1) {
    for (let x = 5; x < 27; x += 1) {
      const i = 32 * y + x
      sum += Math.abs(
        4 * small[i]! - small[i - 1]! - small[i + 1]! - small[i - 32]! - small[i + 32]!,
      )
    }
  }
  return sum / spread(image)
}

/** Averages of 4 x 4 pixels of the first channel, as a site's agent reduces a film to its working resolution. */
function reduceTo32({ width, channels, pixels }: Image): Float32Array {
  const small = new Float32Array(32 * 32)
  for (let i = 0; i < pixels.length; i += channels) {
    const pixel = i / channels
    small[32 * Math.floor(pixel / width / 4) + Math.floor((pixel % width) / 4)]! += pixels[i]! / 16
  }
  return small
}
