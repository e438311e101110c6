/** Whether an update is cut as an offer may say. */
import { chunkCount, MAX_CHUNKS } from '@consilium/proto'
import { UpdateRefusedError } from '../errors.ts'
import type { UpdateOffer } from './check-offer.ts'

/** A larger chunk, or piece of an update without chunks, is refused. */
export const MAX_CHUNK_BYTES = 4 * 1024 * 1024

/** Throws UpdateRefusedError. */
export function checkChunks(site: string, offer: UpdateOffer): void {
  const { updateBytes: bytes, chunkBytes, chunkSha256 } = offer
  if (chunkSha256.length === 0) return
  const problem =
    chunkBytes < 1 || chunkBytes > MAX_CHUNK_BYTES
      ? `its chunks have ${chunkBytes} bytes, allowed are 1 to ${MAX_CHUNK_BYTES}`
      : chunkSha256.length > MAX_CHUNKS
        ? `it has ${chunkSha256.length} chunks, allowed are ${MAX_CHUNKS}`
        : chunkSha256.length !== chunkCount({ bytes, chunkBytes })
          ? `it lists ${chunkSha256.length} chunks of ${chunkBytes} bytes for ${bytes} bytes`
          : chunkSha256.some((digest) => digest.length !== 32)
            ? 'the SHA-256 of a chunk has not 32 bytes'
            : undefined
  if (problem === undefined) return
  throw new UpdateRefusedError({
    code: 'UPDATE_CLAIM_OUT_OF_RANGE',
    message: `The update of ${site} for round ${offer.round} is refused: ${problem}.`,
  })
}
