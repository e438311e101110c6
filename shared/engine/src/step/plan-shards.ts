/** How a batch is cut into micro-batches, and which lane takes which. */

export interface Shards {
  /** Threads that each hold single-threaded sessions. */
  readonly lanes: number
  /** Micro-batches; micro-batch k belongs to lane k % lanes. */
  readonly count: number
  /** Samples of a micro-batch; the last ones may be filled up with zeros. */
  readonly size: number
}

/** Bytes of the largest activation of a micro-batch that still stay in a core's cache between two operators. */
const CACHED_BYTES = 4 * 2 ** 20

/** `largestActivation`: values per sample of the network's largest activation. The same on every machine. */
export function planShards({
  rows,
  threads,
  largestActivation,
  microBatch = Math.max(
    1,
    Math.floor(CACHED_BYTES / Float32Array.BYTES_PER_ELEMENT / largestActivation),
  ),
}: {
  readonly rows: number
  readonly threads: number
  readonly microBatch?: number | undefined
  readonly largestActivation: number
}): Shards {
  const lanes = Math.min(threads, rows)
  const perLane = Math.ceil(rows / lanes / microBatch)
  const size = Math.ceil(rows / (lanes * perLane))
  return { lanes, count: Math.ceil(rows / size), size }
}
