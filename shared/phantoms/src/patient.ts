import type { Stream } from '@consilium/random'

/** The anatomy of one patient, in the film's coordinates (half a film is 1). */
export interface Patient {
  /** Half-width of the trunk. */
  readonly trunk: number
  /** Soft tissue, relative to a slim adult. */
  readonly habitus: number
  readonly lungs: readonly [left: Lung, right: Lung]
  readonly mediastinum: { readonly width: number; readonly knob: number }
  readonly heart: {
    readonly u: number
    readonly v: number
    readonly radius: number
    readonly tilt: number
  }
  readonly ribs: {
    readonly spacing: number
    readonly phase: number
    readonly slope: number
    readonly thickness: number
  }
  readonly clavicle: { readonly v: number; readonly rise: number }
}

/** `side` is -1 for the lung at the image's left, which is the patient's right. */
export interface Lung {
  readonly side: -1 | 1
  /** Distance of the inner edge from the midline. */
  readonly inner: number
  readonly width: number
  readonly apex: number
  /** Height of the diaphragm's dome. */
  readonly base: number
}

export function drawPatient(stream: Stream): Patient {
  const trunk = stream.uniform(0.84, 0.98)
  const apex = stream.uniform(-0.76, -0.64)
  const base = stream.uniform(0.36, 0.58)
  const inner = stream.uniform(0.11, 0.16)
  const width = trunk - inner - stream.uniform(0.12, 0.2)
  const lung = (side: -1 | 1): Lung => ({
    side,
    inner: inner + stream.uniform(-0.02, 0.02),
    width: width + stream.uniform(-0.03, 0.03),
    apex: apex + stream.uniform(-0.03, 0.03),
    base: base + (side === 1 ? stream.uniform(0.02, 0.08) : 0),
  })
  return {
    trunk,
    habitus: stream.uniform(0.8, 1.3),
    lungs: [lung(-1), lung(1)],
    mediastinum: { width: stream.uniform(0.1, 0.15), knob: stream.uniform(0.07, 0.12) },
    heart: {
      u: stream.uniform(0.06, 0.13),
      v: base - stream.uniform(0.12, 0.22),
      radius: stream.uniform(0.22, 0.34),
      tilt: stream.uniform(0.25, 0.6),
    },
    ribs: {
      spacing: stream.uniform(0.155, 0.2),
      phase: stream.uniform(),
      slope: stream.uniform(0.25, 0.45),
      thickness: stream.uniform(0.04, 0.08),
    },
    clavicle: { v: apex + stream.uniform(0.06, 0.16), rise: stream.uniform(0, 0.12) },
  }
}
