/**
 * How a hospital's films differ: the changes between sites that REMEDIS names (Azizi et al. 2023, out-of-distribution
 * scenarios): contrast, sharpness, tint, non-linearity of the sensor and zoom, and besides them noise and prevalence.
 */
export interface PhantomSite {
  readonly name: string
  /** Share of patients with the disease, 0..1. */
  readonly prevalence: number
  /** Factor on the distance from mid-grey. */
  readonly contrast: number
  /** Exponent of the sensor's response; 1 is linear. */
  readonly gamma: number
  /** Standard deviation of the point spread, in pixels of the 128-pixel film. */
  readonly blur: number
  /** Magnification of the patient on the film. */
  readonly zoom: number
  /** Standard deviation of the sensor's noise at full brightness. */
  readonly noise: number
  /** Film colours of black and white (RGB, 0..1), or none for a grey image with one channel. */
  readonly tint: Tint | undefined
}

export interface Tint {
  readonly black: readonly [number, number, number]
  readonly white: readonly [number, number, number]
}

/** Three hospitals of the demonstration and a fourth that no federation has seen. */
export const phantomSites = {
  /** A digital detector: sharp, linear, quiet. */
  riverside: {
    name: 'riverside',
    prevalence: 0.4,
    contrast: 1,
    gamma: 1,
    blur: 0.5,
    zoom: 1,
    noise: 0.015,
    tint: undefined,
  },
  /** Storage phosphor plates: softer, flatter, noisy, patients smaller on the film. */
  'st-anna': {
    name: 'st-anna',
    prevalence: 0.3,
    contrast: 0.75,
    gamma: 0.75,
    blur: 0.9,
    zoom: 0.92,
    noise: 0.03,
    tint: undefined,
  },
  /** Old films scanned in colour: hard contrast, a warm tint, tightly collimated. */
  northgate: {
    name: 'northgate',
    prevalence: 0.5,
    contrast: 1.15,
    gamma: 1.35,
    blur: 0.7,
    zoom: 1.08,
    noise: 0.02,
    tint: { black: [0.1, 0.06, 0.02], white: [1, 0.96, 0.84] },
  },
  /** Portable units of a small hospital: under-exposed and unsharp. */
  hillcrest: {
    name: 'hillcrest',
    prevalence: 0.25,
    contrast: 0.85,
    gamma: 1.6,
    blur: 1.1,
    zoom: 1.04,
    noise: 0.04,
    tint: undefined,
  },
} as const satisfies Record<string, PhantomSite>
