import type { Name } from '@consilium/random'
import { fillViews, viewLength, type ViewSource } from '../feeding/fill-views.ts'
import { specOfBatch } from '../feeding/view-spec.ts'

interface ViewBatch extends ViewSource {
  /** Names of the draw: site, round, epoch. Each image and view has its own stream below them. */
  readonly path: readonly Name[]
}

/** `views` random views of each image: [views * N, size, size, channels], all first views before all second ones. */
export function viewBatch(
  { path, ...source }: ViewBatch,
  indices: Uint32Array,
  views: number,
): Float32Array {
  const batch = new Float32Array(views * indices.length * viewLength(source.dataset))
  fillViews(source, specOfBatch(path, indices, views), batch)
  return batch
}
