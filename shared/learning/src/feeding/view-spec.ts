/** Which views a micro-batch holds. The bits of a view depend on its names only, not on who makes it, or when. */
import type { Name } from '@consilium/random'
import { ViewsInvalidError } from '../errors.ts'

export interface ViewSpec {
  /** Names of the draw: site, round, epoch. Each image and view has its own stream below them. */
  readonly path: readonly Name[]
  /** Row r is view `views[r]` of image `images[r]`: [N]. */
  readonly images: Uint32Array
  /** [N] */
  readonly views: Uint32Array
}

/** `views` views of each image as one batch, all first views before all second ones: [views * N]. */
export function specOfBatch(path: readonly Name[], images: Uint32Array, views: number): ViewSpec {
  const rows = { length: views * images.length }
  return {
    path,
    images: Uint32Array.from(rows, (_, row) => images[row % images.length]!),
    views: Uint32Array.from(rows, (_, row) => Math.floor(row / images.length)),
  }
}

/** The rows `start` to `end`, without `end`. */
export const sliceSpec = (
  { path, images, views }: ViewSpec,
  start: number,
  end: number,
): ViewSpec => ({
  path,
  images: images.subarray(start, end),
  views: views.subarray(start, end),
})

/** Throws TRAINING_VIEWS_INVALID unless every row names an image below `images`, and there are at most `maxRows` rows. */
export function assertSpec(
  spec: ViewSpec,
  { images, maxRows }: { images: number; maxRows: number },
): void {
  const rows = spec.images.length
  if (spec.views.length !== rows)
    throw new ViewsInvalidError(`${rows} images are named with ${spec.views.length} views`)
  if (rows > maxRows)
    throw new ViewsInvalidError(`${rows} rows do not fit a slot, which holds ${maxRows}`)
  const row = spec.images.findIndex((image) => image >= images)
  if (row >= 0)
    throw new ViewsInvalidError(
      `row ${row} is of image ${spec.images[row]!}, the data set has ${images}`,
    )
}
