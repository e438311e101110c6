/** How an update or a model is cut for its way: chunks of one size, the last one what is left. */

/** What this version sends, and lists of a model. Smaller ones cost requests, larger ones are lost as a whole. */
export const CHUNK_BYTES = 1024 * 1024

/** Their digests fit in one frame: 34 bytes each in an offer. */
export const MAX_CHUNKS = 4096

export interface Cut {
  /** Of the whole. */
  readonly bytes: number
  /** Of every chunk but the last; at least 1. */
  readonly chunkBytes: number
}

export const chunkCount = ({ bytes, chunkBytes }: Cut): number => Math.ceil(bytes / chunkBytes)

/** Bytes `start` to before `end` of chunk `index`, which counts from 0. */
export function chunkRange(
  { bytes, chunkBytes }: Cut,
  index: number,
): { readonly start: number; readonly end: number } {
  const start = index * chunkBytes
  return { start, end: Math.min(start + chunkBytes, bytes) }
}
