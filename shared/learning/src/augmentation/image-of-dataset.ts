import type { Dataset } from '../dataset.ts'
import type { Image } from './image.ts'

/** The part of a dataset that its images are made from. */
export type DatasetImages = Pick<Dataset, 'size' | 'channels' | 'pixels'>

/** Image `index` of a dataset, its values brought to 0..1. */
export function imageOfDataset({ size, channels, pixels }: DatasetImages, index: number): Image {
  const length = size * size * channels
  const data = new Float32Array(length)
  const start = index * length
  for (let i = 0; i < length; i += 1) data[i] = pixels[start + i]! / 65535
  return { size, channels, data }
}
