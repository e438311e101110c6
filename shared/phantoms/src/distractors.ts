/** What a film shows besides anatomy and disease, whatever the diagnosis. */
import type { Stream } from '@consilium/random'
import { stroke, type Film } from './film.ts'
import type { Patient } from './patient.ts'

type Distractor = (film: Film, patient: Patient, stream: Stream) => void

/** Each with its share of films. */
const distractors: readonly (readonly [share: number, draw: Distractor])[] = [
  [0.15, paintLeads],
  [0.05, paintPacemaker],
  [0.2, paintNipples],
  [0.2, paintCalcifications],
  [0.5, paintSoftTissue],
]

export function paintDistractors(film: Film, patient: Patient, stream: Stream): void {
  for (const [share, draw] of distractors) if (stream.chance(share)) draw(film, patient, stream)
}

/** Electrodes of a monitor and their cables. */
function paintLeads(film: Film, { trunk }: Patient, stream: Stream): void {
  for (let lead = 0; lead < 3; lead += 1) {
    const u = stream.uniform(-0.7, 0.7) * trunk
    const v = stream.uniform(-0.5, 0.5)
    const end = [u + stream.uniform(-0.3, 0.3), 1.1] as const
    stroke(film, { from: [u, v], to: [u, v], width: 0.022, thickness: 0.9 })
    stroke(film, { from: [u, v], to: end, width: 0.008, thickness: 0.4 })
  }
}

function paintPacemaker(film: Film, { lungs, clavicle }: Patient, stream: Stream): void {
  const lung = lungs[stream.integer(2)]!
  const u = lung.side * (lung.inner + 0.65 * lung.width)
  const v = clavicle.v + stream.uniform(0.1, 0.2)
  stroke(film, { from: [u - 0.04, v], to: [u + 0.04, v], width: 0.05, thickness: 1.5 })
  stroke(film, { from: [u, v], to: [0.02, v + 0.1], width: 0.008, thickness: 0.5 })
  stroke(film, { from: [0.02, v + 0.1], to: [0.12, v + 0.6], width: 0.008, thickness: 0.5 })
}

function paintNipples(film: Film, { lungs }: Patient, stream: Stream): void {
  const v = stream.uniform(0.2, 0.35)
  for (const lung of lungs) {
    const u = lung.side * (lung.inner + stream.uniform(0.5, 0.7) * lung.width)
    stroke(film, { from: [u, v], to: [u, v], width: 0.025, thickness: 0.15 })
  }
}

/** Old granulomas: small, dense, sharp. */
function paintCalcifications(film: Film, { lungs }: Patient, stream: Stream): void {
  const count = 1 + stream.integer(4)
  for (let i = 0; i < count; i += 1) {
    const lung = lungs[stream.integer(2)]!
    const u = lung.side * (lung.inner + stream.uniform(0.1, 0.8) * lung.width)
    const v = stream.uniform(lung.apex + 0.2, lung.base)
    stroke(film, { from: [u, v], to: [u, v], width: stream.uniform(0.01, 0.018), thickness: 0.35 })
  }
}

/** Breast or chest-wall folds: large and smooth. */
function paintSoftTissue(film: Film, { lungs }: Patient, stream: Stream): void {
  const v = stream.uniform(0.15, 0.5)
  const thickness = stream.uniform(0.1, 0.3)
  const width = stream.uniform(0.14, 0.22)
  for (const { side, inner, width: lungWidth } of lungs) {
    const u = side * (inner + 0.6 * lungWidth)
    stroke(film, { from: [u - 0.08, v], to: [u + 0.08, v], width, thickness })
  }
}
