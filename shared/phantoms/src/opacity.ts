/**
 * The disease: a patchy consolidation in one zone of one lung, clotted, with dark air bronchograms running through it. A healthy film gets, by
 * the same draws, a smooth shadow of the same place, size and mean thickness (overlapping soft tissue), so that only texture tells them apart: mean brightness, spread and extremes do not.
 * The constants below set how hard the disease is to find.
 */
import type { Stream } from '@consilium/random'
import { paint, type Film } from './film.ts'
import { lungField } from './lung-field.ts'
import type { Lung, Patient } from './patient.ts'

/** Radius of the opacity, in half films. Larger is easier. */
const RADIUS = { least: .25, most: .45 }
/** Mean thickness of the opacity at its centre. Denser is easier. */
const THICKNESS = { least: .3, most: .55 }
/** Contrast of the clots relative to the mean thickness. 0 is invisible. */
const CLOTTING = { least: .7, most: 1 }
/** Distance between clots, in half films (0.0156 is one pixel). Coarser survives a lower resolution: easier. */
const CLOT_SPACING = { least: .2, most: .34 }
/** Waves whose sum is the clots: enough to have no regular pattern. */
const WAVES = 10
const BRONCHI = 3
/** Width of a bronchogram, in half films. */
const BRONCHUS_WIDTH = 0.014

interface Opacity {
  readonly lung: Lung
  readonly u: number
  readonly v: number
  readonly radius: number
  /** Height over width. */
  readonly aspect: number
  readonly thickness: number
  /** Phases of the two- and three-lobed outline. */
  readonly outline: readonly [number, number]
}

export function paintOpacity(
  film: Film,
  patient: Patient,
  { diseased, stream }: { diseased: boolean; stream: Stream },
): void {
  const opacity = drawOpacity(patient, stream)
  const texture = drawTexture(opacity, stream)
  paint(film, (u, v) => {
    const envelope = envelopeAt(opacity, u, v)
    if (envelope < 0.01) return 0
    const within = 0.25 + 0.75 * lungField(opacity.lung, u, v)
    return opacity.thickness * envelope * within * (diseased ? texture(u, v) : 1)
  })
}

function drawOpacity(patient: Patient, stream: Stream): Opacity {
  const lung = patient.lungs[stream.integer(2)]!
  return {
    lung,
    u: lung.side * (lung.inner + lung.width * stream.uniform(0.3, 0.75)),
    v: lung.apex + (lung.base - lung.apex) * stream.uniform(0.3, 0.9),
    radius: stream.uniform(RADIUS.least, RADIUS.most),
    aspect: stream.uniform(0.7, 1.4),
    thickness: stream.uniform(THICKNESS.least, THICKNESS.most),
    outline: [stream.uniform(0, 2 * Math.PI), stream.uniform(0, 2 * Math.PI)],
  }
}

function envelopeAt({ u, v, radius, aspect, outline }: Opacity, atU: number, atV: number): number {
  const du = atU - u
  const dv = (atV - v) / aspect
  const squared = (du * du + dv * dv) / (radius * radius)
  if (squared > 4) return 0
  const angle = Math.atan2(dv, du)
  const edge = 1 + 0.2 * Math.sin(2 * angle + outline[0]) + 0.15 * Math.sin(3 * angle + outline[1])
  return Math.exp(-((squared / (edge * edge)) ** 2))
}

type Texture = (u: number, v: number) => number

/** A factor with mean about 1: clots of a random field, minus bronchograms that fan out from the hilum. */
function drawTexture({ lung, u, v }: Opacity, stream: Stream): Texture {
  const clotting = stream.uniform(CLOTTING.least, CLOTTING.most)
  const waves = Array.from({ length: WAVES }, () => {
    const angle = stream.uniform(0, Math.PI)
    const frequency = (2 * Math.PI) / stream.uniform(CLOT_SPACING.least, CLOT_SPACING.most)
    return {
      fu: frequency * Math.cos(angle),
      fv: frequency * Math.sin(angle),
      phase: stream.uniform(0, 2 * Math.PI),
    }
  })
  const towards = Math.atan2(v - (lung.apex + lung.base) / 2, u - lung.side * lung.inner)
  const bronchi = Array.from({ length: BRONCHI }, () => {
    const angle = towards + stream.uniform(-0.5, 0.5)
    return {
      nu: -Math.sin(angle),
      nv: Math.cos(angle),
      offset: stream.uniform(-0.1, 0.1),
      bend: stream.uniform(-1, 1),
    }
  })
  return (atU, atV) => {
    let sum = 0
    for (const { fu, fv, phase } of waves) sum += Math.cos(fu * atU + fv * atV + phase)
    const clots = Math.tanh((2 * sum) / Math.sqrt(WAVES / 2))
    let lumen = 0
    for (const { nu, nv, offset, bend } of bronchi) {
      const along = (atU - u) * nv - (atV - v) * nu
      const across = (atU - u) * nu + (atV - v) * nv - offset - bend * along * along
      lumen = Math.max(lumen, Math.exp(-((across / BRONCHUS_WIDTH) ** 2) / 2))
    }
    return Math.max(0, 1.08 + clotting * clots - 0.8 * lumen)
  }
}
