/** The anatomy every film shows: trunk, lungs, mediastinum, heart, diaphragm, ribs and clavicles. */
import { paint, stroke, type Film } from './film.ts'
import { lungField } from './lung-field.ts'
import type { Patient } from './patient.ts'
import { smoothstep } from './smoothstep.ts'

/** Thickness that the air of a lung takes away. */
const AIR = 0.78

export function paintThorax(film: Film, patient: Patient): void {
  const [left, right] = patient.lungs
  paint(film, (u, v) => {
    const trunk = trunkAt(patient, u, v)
    if (trunk === 0) return 0
    const air = lungField(u < 0 ? left : right, u, v)
    const soft =
      patient.habitus * (0.62 + 0.38 * Math.sqrt(Math.max(0, 1 - (u / patient.trunk) ** 2)))
    return trunk * (soft * (1 - AIR * air) + centreAt(patient, u, v) + ribsAt(patient, u, v))
  })
  for (const side of [-1, 1]) {
    const { v, rise } = patient.clavicle
    stroke(film, {
      from: [side * 0.1, v + 0.06],
      to: [side * 0.38, v],
      width: 0.022,
      thickness: 0.2,
    })
    stroke(film, {
      from: [side * 0.38, v],
      to: [side * 0.75, v - rise],
      width: 0.022,
      thickness: 0.2,
    })
  }
}

/** 1 inside the trunk and the neck, 0 in the air around them. */
function trunkAt({ trunk }: Patient, u: number, v: number): number {
  const shoulder = smoothstep(-1.05, -0.62, v)
  const halfWidth = 0.3 + (trunk - 0.3) * Math.sqrt(shoulder) + 0.06 * Math.max(0, v)
  return smoothstep(halfWidth + 0.03, halfWidth - 0.03, Math.abs(u))
}

/** Spine, great vessels, heart and abdomen. */
function centreAt({ mediastinum, heart, lungs }: Patient, u: number, v: number): number {
  const abdomen = 0.25 * smoothstep(lungs[0].base - 0.05, lungs[0].base + 0.25, v)
  if (Math.abs(u) > 0.6) return abdomen
  const spine = 0.2 * smoothstep(0.12, 0.04, Math.abs(u))
  const halfWidth = mediastinum.width * (0.75 + 0.35 * smoothstep(-0.5, 0.4, v))
  const vessels = 0.38 * smoothstep(halfWidth + 0.05, halfWidth - 0.05, Math.abs(u))
  const knob = disc((u - 0.09) / mediastinum.knob, (v + 0.32) / mediastinum.knob)
  const du = u - heart.u
  const dv = v - heart.v
  const across = dv - heart.tilt * du
  const muscle = disc((0.85 * (du + heart.tilt * dv)) / heart.radius, (1.1 * across) / heart.radius)
  return spine + Math.max(vessels, 0.35 * knob, 0.5 * muscle) + abdomen
}

/** 1 within a circle of radius 1, with a soft edge. */
function disc(x: number, y: number): number {
  const squared = x * x + y * y
  return squared > 1.44 ? 0 : smoothstep(1.2, 0.8, Math.sqrt(squared))
}

/** Posterior ribs run outwards and down, anterior ribs inwards and down, fainter. */
function ribsAt({ ribs, trunk }: Patient, u: number, v: number): number {
  const x = Math.abs(u)
  const cage =
    smoothstep(0.1, 0.2, x) * smoothstep(trunk - 0.02, trunk - 0.12, x) * smoothstep(0.85, 0.6, v)
  if (cage === 0) return 0
  const posterior = ribProfile((v - ribs.slope * x * x) / ribs.spacing + ribs.phase)
  const anterior = ribProfile((v + 2 * ribs.slope * (x - 0.3)) / (1.25 * ribs.spacing) - ribs.phase)
  const reach = smoothstep(0.3, 0.5, x)
  const lateral = 1 + smoothstep(0.4, trunk, x)
  return ribs.thickness * cage * lateral * (posterior + 0.5 * reach * anterior)
}

/** A band once per unit, its cortex a little denser than its middle. */
function ribProfile(position: number): number {
  const offset = Math.abs(position - Math.floor(position) - 0.5) / 0.2
  return smoothstep(1.2, 0.8, offset) * (0.75 + 0.35 * offset * offset)
}
