import type { Image } from './image.ts'

/** Gaussian blur, separable, cut at 3 sigma, with edges repeated. `sigma` in pixels. */
export function blur(image: Image, sigma: number): Image {
  const kernel = gaussian(sigma)
  return convolve(convolve(image, kernel, image.channels), kernel, image.size * image.channels)
}

function gaussian(sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(3 * sigma))
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  )
  const sum = weights.reduce((total, w) => total + w, 0)
  return weights.map((w) => w / sum)
}

/** One direction: `step` values lie between neighbours (`channels` along a row, `size * channels` along a column). */
function convolve({ size, channels, data }: Image, kernel: Float32Array, step: number): Image {
  const out = new Float32Array(data.length)
  const radius = (kernel.length - 1) / 2
  for (let i = 0; i < data.length; i += 1) {
    const position = Math.floor(i / step) % size
    let sum = 0
    for (let k = -radius; k <= radius; k += 1) {
      const clamped = Math.min(size - 1, Math.max(0, position + k))
      sum += kernel[k + radius]! * data[i + (clamped - position) * step]!
    }
    out[i] = sum
  }
  return { size, channels, data: out }
}
