import { createStream } from '@consilium/random'
import type { Dataset } from '../dataset.ts'

/** Images of vertical (class 0) or horizontal (class 1) stripes with noise: the same mean, told apart by structure only. */
export function stripes({
  images,
  size = 8,
  seed = 1,
  unlabelled = 0,
}: {
  images: number
  size?: number
  seed?: number
  unlabelled?: number
}): Dataset {
  const pixels = new Uint16Array(images * size * size)
  const labels = Int16Array.from({ length: images }, (_, i) => i % 2)
  for (let i = 0; i < images; i += 1) {
    const stream = createStream(seed, 'stripes', i)
    const phase = stream.integer(4)
    for (let p = 0; p < size * size; p += 1) {
      const along = labels[i] === 0 ? p % size : Math.floor(p / size)
      const stripe = (along + phase) % 4 < 2 ? 0.7 : 0.3
      pixels[i * size * size + p] = Math.round(
        65535 * Math.min(1, Math.max(0, stripe + stream.normal(0, 0.15))),
      )
    }
  }
  return {
    size,
    channels: 1,
    pixels,
    labels: labels.map((label, i) => (i < unlabelled ? -1 : label)),
    classes: ['vertical', 'horizontal'],
    splits: Uint8Array.from({ length: images }, (_, i) => (i % 3 === 2 ? 2 : 0)),
  }
}
