import { createStream } from '@consilium/random'
import { augmentView } from '../augmentation/augment-view.ts'
import { imageOfDataset } from '../augmentation/image-of-dataset.ts'
import type { Augmentation } from '../augmentation/presets.ts'
import type { Dataset } from '../dataset.ts'

interface ViewBatch {
  readonly dataset: Dataset
  readonly augmentation: Augmentation
  readonly seed: number
  /** Names of the draw: site, round, epoch. Each image and view has its own stream below them. */
  readonly path: readonly (string | number)[]
}

/** `views` random views of each image: [views * N, size, size, channels], all first views before all second ones. */
export function viewBatch(
  { dataset, augmentation, seed, path }: ViewBatch,
  indices: Uint32Array,
  views: number,
): Float32Array {
  const length = dataset.size * dataset.size * dataset.channels
  const batch = new Float32Array(views * indices.length * length)
  indices.forEach((index, row) => {
    const image = imageOfDataset(dataset, index)
    for (let view = 0; view < views; view += 1) {
      const stream = createStream(seed, ...path, 'view', index, view)
      batch.set(
        augmentView(image, augmentation, stream).data,
        (view * indices.length + row) * length,
      )
    }
  })
  return batch
}
