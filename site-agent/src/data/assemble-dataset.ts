import type { Dataset, Split, splitCodes } from '@consilium/learning'
import { DataTooLargeError } from '../errors.ts'
import type { WorkingShape } from './to-working-image.ts'

/** Working images live in memory while a site trains. */
export const MAX_DATASET_BYTES = 8 * 1024 ** 3

/** Typed by @consilium/learning but not imported from it: that would load the tensor library into the agent. */
const codes: typeof splitCodes = { train: 0, validation: 1, test: 2 }

export interface WorkingImage {
  /** [size, size, channels] */
  readonly pixels: Uint16Array
  /** Index in `classes`, -1 without a label. */
  readonly label: number
  readonly split: Split
}

export interface AssembleInput {
  readonly source: string
  readonly images: readonly WorkingImage[]
  readonly classes: readonly string[]
  readonly shape: WorkingShape
}

/** Throws DATA_TOO_LARGE. */
export function assembleDataset({ source, images, classes, shape }: AssembleInput): Dataset {
  assertFits(source, images.length, shape)
  const perImage = shape.size * shape.size * shape.channels
  const pixels = new Uint16Array(images.length * perImage)
  images.forEach((image, i) => {
    pixels.set(image.pixels, i * perImage)
  })
  return {
    ...shape,
    pixels,
    labels: Int16Array.from(images, ({ label }) => label),
    classes,
    splits: Uint8Array.from(images, ({ split }) => codes[split]),
  }
}

/** Checked before images are decoded, and again when their number is known. */
export function assertFits(source: string, images: number, { size, channels }: WorkingShape): void {
  const bytes = images * size * size * channels * Uint16Array.BYTES_PER_ELEMENT
  if (bytes > MAX_DATASET_BYTES)
    throw new DataTooLargeError({ source, bytes, maxBytes: MAX_DATASET_BYTES })
}
