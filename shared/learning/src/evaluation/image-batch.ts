import { imageOfDataset } from '../augmentation/image-of-dataset.ts'
import type { Dataset } from '../dataset.ts'

/**
 * The given images, at most `batch` of them, without augmentation: [batch, size, size, channels]. What is left of the
 * batch is filled up with zeros, because a compiled program has one batch size.
 */
export function imageBatch(dataset: Dataset, indices: Uint32Array, batch: number): Float32Array {
  const length = dataset.size * dataset.size * dataset.channels
  const images = new Float32Array(batch * length)
  indices.forEach((index, row) => {
    images.set(imageOfDataset(dataset, index).data, row * length)
  })
  return images
}
