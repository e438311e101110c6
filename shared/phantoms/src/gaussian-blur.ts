/** Separable Gaussian blur of a square image; beyond its edge the nearest pixel repeats. `sigma` > 0 in pixels. */
export function gaussianBlur(image: Float32Array, size: number, sigma: number): Float32Array {
  const kernel = gaussianKernel(sigma)
  const rows = blurLines(image, { size, kernel, line: size, step: 1 })
  return blurLines(rows, { size, kernel, line: 1, step: size })
}

/** Weights of offsets 0..radius; both sides together sum to 1. */
function gaussianKernel(sigma: number): Float64Array {
  const weights = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, i) =>
    Math.exp(-(i * i) / (2 * sigma * sigma)),
  )
  const total = weights.reduce((sum, w, i) => sum + (i === 0 ? w : 2 * w), 0)
  return weights.map((w) => w / total)
}

interface Lines {
  readonly size: number
  readonly kernel: Float64Array
  /** Distance in the array from one line to the next, and from one pixel of a line to the next. */
  readonly line: number
  readonly step: number
}

function blurLines(image: Float32Array, { size, kernel, line, step }: Lines): Float32Array {
  const blurred = new Float32Array(image.length)
  for (let start = 0, n = 0; n < size; n += 1, start += line) {
    for (let i = 0; i < size; i += 1) {
      let sum = kernel[0]! * image[start + i * step]!
      for (let d = 1; d < kernel.length; d += 1) {
        const before = image[start + Math.max(0, i - d) * step]!
        const after = image[start + Math.min(size - 1, i + d) * step]!
        sum += kernel[d]! * (before + after)
      }
      blurred[start + i * step] = sum
    }
  }
  return blurred
}
