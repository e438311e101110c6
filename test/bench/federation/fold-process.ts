/** A process that folds what it is sent and says how long it took and how much memory. */
import { join } from 'node:path'
import { foldRound, openFileBlobStore, type FoldRequest } from '@consilium/coordinator'

export interface MeasuredFold {
  readonly seconds: number
  readonly peakRssMiB: number
  readonly rssGrowthMiB: number
}

const SAMPLE_MS = 5
const MIB = 1024 * 1024

const blobs = await openFileBlobStore(join(process.argv[2]!, 'blobs'))
const { signal } = new AbortController()
const before = process.memoryUsage.rss()

process.on('message', (request: FoldRequest) => {
  void measure(request).then((measured) => process.send!(measured))
})

async function measure(request: FoldRequest): Promise<MeasuredFold> {
  let peak = process.memoryUsage.rss()
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, SAMPLE_MS)
  const startedAt = performance.now()
  const { model } = await foldRound(request, { blobs, signal })
  const seconds = (performance.now() - startedAt) / 1000
  clearInterval(sampling)
  await blobs.remove(model.sha256)
  return { seconds, peakRssMiB: peak / MIB, rssGrowthMiB: (peak - before) / MIB }
}
