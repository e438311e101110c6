/**
 * The disease: a pneumonia of several patches in both lungs, clotted, with dark air bronchograms running through it.
 * A healthy film gets, by the same draws, smooth shadows of the same places, sizes and mean thickness (overlapping soft
 * tissue), so that only texture tells them apart: brightness, its spread and its extremes do not.
 * The constants below set how hard the disease is to find. Lengths are in half films: 1/64 is a pixel.
 */
import type { Stream } from '@consilium/random'
import { paint, type Film } from './film.ts'
import { lungField } from './lung-field.ts'
import type { Lung, Patient } from './patient.ts'

interface Range {
  readonly least: number
  readonly most: number
}

/** Patches on a film. More are easier. */
const PATCHES: Range = { least: 2, most: 4 }
/** Radius of a patch. Larger is easier. */
const RADIUS: Range = { least: 0.25, most: 0.42 }
/** Mean thickness at the centre of a patch. Denser is easier. */
const THICKNESS: Range = { least: 0.26, most: 0.5 }
/** Contrast of the clots relative to the mean thickness: 0 is invisible. */
const CLOTTING: Range = { least: 0.4, most: 1 }
/** Distance between clots. Coarser ones survive a lower resolution: easier. */
const CLOT_SPACING: Range = { least: 0.13, most: 0.38 }

/**
 * Above 1 by what bronchi and the film's saturation take away: with it diseased and healthy films are equally bright.
 * Measure again after changing the constants above (opacity.test.ts).
 */
const TEXTURE_MEAN = 1.2
/** Waves whose sum is the clots: enough to have no regular pattern. */
const WAVES = 10
/** How blotched the clots are: small is smooth, large is black and white. */
const SQUASH = 1.5
const BRONCHI_PER_PATCH = 2
const BRONCHUS_WIDTH = 0.014
/** Share of a patch that shows outside the lung field, over the heart and the diaphragm. */
const OVERLAP = 0.25

interface Patch {
  readonly lung: Lung
  readonly u: number
  readonly v: number
  readonly radius: number
  /** Height over width. */
  readonly aspect: number
  readonly thickness: number
  /** The outline's two bulges: cosine and sine part. */
  readonly bulge: readonly [number, number]
}

type Texture = (u: number, v: number) => number

export function paintOpacities(
  film: Film,
  patient: Patient,
  { diseased, stream }: { diseased: boolean; stream: Stream },
): void {
  const count = PATCHES.least + stream.integer(PATCHES.most - PATCHES.least + 1)
  const patches = Array.from({ length: count }, () => drawPatch(patient, stream))
  const clots = drawClots(stream)
  const bronchi = drawBronchi(patches, stream)
  paint(film, (u, v) => {
    const thickness = thicknessAt(patches, u, v)
    if (thickness < 0.003) return 0
    const field = lungField(patient.lungs[u < 0 ? 0 : 1], u, v)
    const texture = diseased ? Math.max(0, TEXTURE_MEAN + clots(u, v) - 0.8 * bronchi(u, v)) : 1
    return thickness * (OVERLAP + (1 - OVERLAP) * field) * texture
  })
}

const drawFrom = (stream: Stream, { least, most }: Range): number => stream.uniform(least, most)

function drawPatch(patient: Patient, stream: Stream): Patch {
  const lung = patient.lungs[stream.integer(2)]!
  return {
    lung,
    u: lung.side * (lung.inner + lung.width * stream.uniform(0.3, 0.75)),
    v: lung.apex + (lung.base - lung.apex) * stream.uniform(0.3, 0.9),
    radius: drawFrom(stream, RADIUS),
    aspect: stream.uniform(0.7, 1.4),
    thickness: drawFrom(stream, THICKNESS),
    bulge: [stream.uniform(-0.25, 0.25), stream.uniform(-0.25, 0.25)],
  }
}

/** Of overlapping patches the thicker one shows. */
function thicknessAt(patches: readonly Patch[], u: number, v: number): number {
  let thickness = 0
  for (const patch of patches) {
    const du = u - patch.u
    const dv = (v - patch.v) / patch.aspect
    const squared = du * du + dv * dv
    if (squared > 4 * patch.radius * patch.radius) continue
    const [cosine, sine] = patch.bulge
    const edge =
      patch.radius * (1 + (cosine * (du * du - dv * dv) + 2 * sine * du * dv) / (squared + 1e-9))
    const distance = squared / (edge * edge)
    thickness = Math.max(thickness, patch.thickness * Math.exp(-distance * distance))
  }
  return thickness
}

/** A random field with mean 0, blotched: a squashed sum of plane waves, the coarser the stronger. */
function drawClots(stream: Stream): Texture {
  const clotting = drawFrom(stream, CLOTTING)
  const waves = Array.from({ length: WAVES }, () => {
    const angle = stream.uniform(0, Math.PI)
    const spacing = drawFrom(stream, CLOT_SPACING)
    const frequency = (2 * Math.PI) / spacing
    return {
      fu: frequency * Math.cos(angle),
      fv: frequency * Math.sin(angle),
      phase: stream.uniform(0, 2 * Math.PI),
      amplitude: spacing,
    }
  })
  const power = waves.reduce((sum, { amplitude }) => sum + amplitude * amplitude, 0) / 2
  return (u, v) => {
    let sum = 0
    for (const { fu, fv, phase, amplitude } of waves)
      sum += amplitude * Math.cos(fu * u + fv * v + phase)
    return clotting * Math.tanh((SQUASH * sum) / Math.sqrt(power))
  }
}

/** 1 along the middle of bronchi that fan out from the hilum through each patch, 0 away from them. */
function drawBronchi(patches: readonly Patch[], stream: Stream): Texture {
  const bronchi = patches.flatMap(({ lung, u, v }) => {
    const outwards = Math.atan2(v - (lung.apex + lung.base) / 2, u - lung.side * lung.inner)
    return Array.from({ length: BRONCHI_PER_PATCH }, () => {
      const angle = outwards + stream.uniform(-0.5, 0.5)
      return {
        u,
        v,
        cos: Math.cos(angle),
        sin: Math.sin(angle),
        offset: stream.uniform(-0.1, 0.1),
        bend: stream.uniform(-1, 1),
      }
    })
  })
  return (atU, atV) => {
    let lumen = 0
    for (const { u, v, cos, sin, offset, bend } of bronchi) {
      const along = (atU - u) * cos + (atV - v) * sin
      const across = (atV - v) * cos - (atU - u) * sin - offset - bend * along * along
      if (Math.abs(across) > 3 * BRONCHUS_WIDTH) continue
      lumen = Math.max(lumen, Math.exp(-((across / BRONCHUS_WIDTH) ** 2) / 2))
    }
    return lumen
  }
}
