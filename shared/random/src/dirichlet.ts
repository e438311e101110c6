import type { Stream } from './stream.ts'

/** One draw from the symmetric Dirichlet distribution: `size` non-negative numbers that sum to 1. `alpha` > 0. */
export function dirichlet(stream: Stream, alpha: number, size: number): Float64Array {
  const draws = Float64Array.from({ length: size }, () => gamma(stream, alpha))
  const sum = draws.reduce((total, x) => total + x, 0)
  return sum > 0 ? draws.map((x) => x / sum) : oneHot(stream.integer(size), size)
}

/** Gamma(shape, 1) by Marsaglia & Tsang (2000), with their boost for shape < 1. */
function gamma(stream: Stream, shape: number): number {
  if (shape < 1) return gamma(stream, shape + 1) * Math.pow(1 - stream.uniform(), 1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = stream.normal()
    const v = Math.pow(1 + c * x, 3)
    if (v <= 0) continue
    if (Math.log(1 - stream.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** A tiny alpha can underflow every gamma draw; the distribution's limit is then a single corner. */
const oneHot = (index: number, size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => (i === index ? 1 : 0))
