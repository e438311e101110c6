import type { Stream } from '@consilium/random'
import { stroke, type Film } from './film.ts'
import type { Lung, Patient } from './patient.ts'

const TRUNKS_PER_LUNG = 7
const GENERATIONS = 4

/** Pulmonary vessels: trees that leave the hilum and thin out towards the pleura. */
export function paintVessels(film: Film, patient: Patient, stream: Stream): void {
  const strength = stream.uniform(0.06, 0.14)
  for (const lung of patient.lungs) {
    const hilum = [
      lung.side * (lung.inner + 0.04),
      (lung.apex + lung.base) / 2 + stream.uniform(-0.05, 0.05),
    ] as const
    stroke(film, { from: hilum, to: hilum, width: 0.06, thickness: 1.2 * strength })
    for (let trunk = 0; trunk < TRUNKS_PER_LUNG; trunk += 1) {
      const angle = -1.2 + (2.4 * (trunk + stream.uniform())) / TRUNKS_PER_LUNG
      branch(
        film,
        { lung, from: hilum, angle, length: 0.16, thickness: strength, generation: 0 },
        stream,
      )
    }
  }
}

interface Branch {
  readonly lung: Lung
  readonly from: readonly [number, number]
  /** From the horizontal, outwards; positive is down. */
  readonly angle: number
  readonly length: number
  readonly thickness: number
  readonly generation: number
}

function branch(
  film: Film,
  { lung, from, angle, length, thickness, generation }: Branch,
  stream: Stream,
): void {
  if (generation === GENERATIONS) return
  const to = [
    from[0] + lung.side * length * Math.cos(angle),
    from[1] + 1.2 * length * Math.sin(angle),
  ] as const
  stroke(film, { from, to, width: 0.016 * 0.8 ** generation, thickness })
  const next = { lung, from: to, length: 0.85 * length, generation: generation + 1 }
  branch(
    film,
    { ...next, angle: angle + stream.uniform(-0.35, 0.35), thickness: 0.8 * thickness },
    stream,
  )
  if (stream.chance(0.35)) {
    branch(
      film,
      { ...next, angle: angle + stream.uniform(-0.8, 0.8), thickness: 0.6 * thickness },
      stream,
    )
  }
}
