import type { DatasetImages } from '../augmentation/image-of-dataset.ts'

/** The images of a dataset where all threads see them; copied once unless they lie there already. */
export function sharePixels({ size, channels, pixels }: DatasetImages): DatasetImages {
  if (pixels.buffer instanceof SharedArrayBuffer) return { size, channels, pixels }
  const shared = new Uint16Array(new SharedArrayBuffer(pixels.byteLength))
  shared.set(pixels)
  return { size, channels, pixels: shared }
}
