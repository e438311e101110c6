/**
 * What may change between two views of one image, by modality (judgement after Azizi et al. 2021 and 2023, to be
 * ablated): a radiograph has no colour and keeps its up and down; a slide or a skin lesion has no up at all.
 */
import type { AugmentationPreset } from '@consilium/study'

export interface Augmentation {
  /** Part of the image's area that a crop keeps, drawn uniformly. */
  readonly cropArea: readonly [number, number]
  /** Rotation in degrees, drawn uniformly from -max..max. */
  readonly maxRotation: number
  readonly horizontalFlip: number
  readonly verticalFlip: number
  /** Also turn by multiples of 90 degrees. */
  readonly quarterTurns: boolean
  /** Probability that the colour changes below are applied. */
  readonly jitter: number
  /** Strengths: factors are drawn from 1 - s..1 + s, the hue shift from -s..s turns. */
  readonly brightness: number
  readonly contrast: number
  readonly saturation: number
  readonly hue: number
  readonly grey: number
  readonly equalise: number
  readonly blur: number
}

/** Width over height of a crop before it is brought back to a square, drawn log-uniformly. */
export const CROP_ASPECT = [3 / 4, 4 / 3] as const

/** Standard deviation of the blur in pixels at 224 px; it scales with the image. */
export const BLUR_SIGMA = [0.1, 2] as const

export const augmentationPresets: Readonly<Record<AugmentationPreset, Augmentation>> = {
  xray: {
    cropArea: [0.3, 1],
    maxRotation: 15,
    horizontalFlip: 0.5,
    verticalFlip: 0,
    quarterTurns: false,
    jitter: 0.8,
    brightness: 0.4,
    contrast: 0.4,
    saturation: 0,
    hue: 0,
    grey: 0,
    equalise: 0.2,
    blur: 0,
  },
  microscopy: {
    cropArea: [0.2, 1],
    maxRotation: 0,
    horizontalFlip: 0.5,
    verticalFlip: 0.5,
    quarterTurns: true,
    jitter: 0.8,
    brightness: 0.5,
    contrast: 0.5,
    saturation: 0.5,
    hue: 0.1,
    grey: 0.2,
    equalise: 0,
    blur: 0.3,
  },
}
