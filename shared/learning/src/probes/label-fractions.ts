import { createStream, permutation } from '@consilium/random'

/** The shares of a site's training labels that the report measures. */
export const labelFractions = [0.01, 0.1, 1] as const

export interface LabelSubsetOptions {
  /** Class of every image of the site, -1 without a label. */
  readonly labels: ArrayLike<number>
  /** The labelled images to choose from. */
  readonly candidates: Uint32Array
  /** Share of each class to keep, in (0, 1]. */
  readonly fraction: number
  readonly seed: number
  readonly site: string
  /** Repeated draws of the same fraction are numbered from 0. */
  readonly draw: number
}

/**
 * A stratified subset of the candidates, ascending: of each class its share rounded to the nearest image, and at least
 * one. Nested: with the same seed, site and draw, a smaller fraction is contained in every larger one.
 */
export function labelSubset({
  labels,
  candidates,
  fraction,
  seed,
  site,
  draw,
}: LabelSubsetOptions): Uint32Array {
  const classes = [...new Set(Array.from(candidates, (image) => labels[image]!))].sort(
    (a, b) => a - b,
  )
  const chosen = classes.flatMap((label) => {
    const images = candidates.filter((image) => labels[image] === label)
    const order = permutation(createStream(seed, site, 'label-subset', draw, label), images.length)
    const size = Math.max(1, Math.round(fraction * images.length))
    return Array.from(order.subarray(0, size), (i) => images[i]!)
  })
  return Uint32Array.from(chosen).sort()
}
