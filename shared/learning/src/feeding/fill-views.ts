import { createStream } from '@consilium/random'
import { augmentView } from '../augmentation/augment-view.ts'
import { imageOfDataset, type DatasetImages } from '../augmentation/image-of-dataset.ts'
import type { Augmentation } from '../augmentation/presets.ts'
import type { ViewSpec } from './view-spec.ts'

/** What views are made from. */
export interface ViewSource {
  readonly dataset: DatasetImages
  readonly augmentation: Augmentation
  readonly seed: number
}

/** Writes the views of `spec`, one after the other, to the beginning of `out`: [N, size, size, channels]. */
export function fillViews(
  { dataset, augmentation, seed }: ViewSource,
  { path, images, views }: ViewSpec,
  out: Float32Array,
): void {
  const length = viewLength(dataset)
  images.forEach((image, row) => {
    const stream = createStream(seed, ...path, 'view', image, views[row]!)
    const view = augmentView(imageOfDataset(dataset, image), augmentation, stream)
    out.set(view.data, row * length)
  })
}

/** Values of one view. */
export const viewLength = ({ size, channels }: DatasetImages): number => size * size * channels
