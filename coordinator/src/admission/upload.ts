/** One update on its way in: what is held of it, and what is being written. */
import { chunkRange } from '@consilium/proto'
import type { Chunks, Incoming, OpenIncoming } from '../blobs/incoming.ts'
import { UploadError } from '../errors.ts'
import type { UpdateOffer } from './check-offer.ts'
import { createWrites } from './running-writes.ts'

/** A part of an update as it arrives. */
export interface Body {
  /** Of its first byte in the update. */
  readonly offset: number
  /** Yields exactly `length` bytes, or throws. */
  readonly bytes: AsyncIterable<Uint8Array>
  readonly length: number
}

export interface Holding {
  /** Bytes from the beginning on. */
  readonly offset: number
  /** Chunks that are to be sent; none for an update without chunks. */
  readonly missing: readonly number[]
}

export interface Upload {
  readonly offer: UpdateOffer
  readonly incoming: Incoming
  holding(): Promise<Holding>
  /** Throws UploadError. */
  write(body: Body): Promise<Holding>
  /** Throws UPDATE_INCOMPLETE, and UPDATE_BUSY while something is being written. */
  assertWhole(): Promise<void>
  /** Ends what is being written. */
  interrupt(): Promise<void>
  drop(): Promise<void>
}

export interface OfferedUpdate {
  readonly site: string
  readonly offer: UpdateOffer
  /** Whether another coordinator took the offer. */
  readonly continued?: boolean
}

/** Opens the update of a checked offer with what is held of it. Bytes that cannot be a part of it are dropped. */
export async function openUpload(
  openIncoming: OpenIncoming,
  { site, offer, continued = false }: OfferedUpdate,
): Promise<Upload> {
  const chunks = chunksOf(offer)
  const update = {
    ...{ site, digest: offer.updateSha256, continued },
    ...(chunks === undefined ? {} : { chunks }),
  }
  let incoming = await openIncoming(update)
  if ((await incoming.size()) > offer.updateBytes) {
    await incoming.remove()
    incoming = await openIncoming(update)
  }
  const parts =
    chunks === undefined ? piecesOf(incoming, offer) : chunksHeld(incoming, { site, chunks })
  const writes = createWrites(site)
  return {
    offer,
    incoming,
    holding: () => parts.holding(),
    async write(body) {
      const slot = await parts.slotOf(body)
      if (slot === 'held') await drain(body.bytes)
      else await writes.run(slot, body.bytes, (bytes) => parts.write({ ...body, bytes }))
      return parts.holding()
    },
    async assertWhole() {
      writes.assertNone()
      const { offset } = await parts.holding()
      if (offset !== offer.updateBytes) throw incomplete(offer, offset)
    },
    interrupt: () => writes.interrupt(),
    async drop() {
      await writes.interrupt()
      await incoming.remove()
    },
  }
}

interface Parts {
  holding(): Promise<Holding>
  /** Two parts of one slot are not written at a time. Throws UPDATE_WRONG_OFFSET. */
  slotOf(body: Body): Promise<number | 'held'>
  write(body: Body): Promise<void>
}

/** An update without chunks: a piece begins where the last one ended. */
function piecesOf(incoming: Incoming, { updateBytes }: UpdateOffer): Parts {
  return {
    holding: async () => ({ offset: await incoming.size(), missing: [] }),
    async slotOf({ offset, length }) {
      const held = await incoming.size()
      if (offset === held && offset + length <= updateBytes) return 0
      throw wrongOffset(
        `The chunk begins at byte ${offset} and has ${length}; ${held} bytes are held. Go on from there, to the end of the update at most.`,
        held,
      )
    },
    write: ({ offset, bytes }) => incoming.append(offset, bytes),
  }
}

function chunksHeld(incoming: Incoming, { site, chunks }: { site: string; chunks: Chunks }): Parts {
  const holding = async (): Promise<Holding> => {
    const held = await incoming.heldChunks()
    const missing = chunks.sha256.flatMap((_, index) => (held.has(index) ? [] : [index]))
    const [first] = missing
    return { offset: first === undefined ? chunks.bytes : first * chunks.chunkBytes, missing }
  }
  return {
    holding,
    async slotOf({ offset, length }) {
      const index = offset / chunks.chunkBytes
      const { start, end } = chunkRange(chunks, Math.floor(index))
      if (start === offset && end - start === length)
        return (await incoming.heldChunks()).has(index) ? 'held' : index
      const problem = `Bytes ${offset} to ${offset + length - 1} are no chunk of the update: each has ${chunks.chunkBytes}, the last one what is left of ${chunks.bytes}.`
      throw wrongOffset(problem, (await holding()).offset)
    },
    async write({ offset, bytes }) {
      const index = offset / chunks.chunkBytes
      if (!(await incoming.writeChunk(index, bytes))) throw wrongChunk(site, index)
    },
  }
}

const chunksOf = ({ updateBytes, chunkBytes, chunkSha256 }: UpdateOffer): Chunks | undefined =>
  chunkSha256.length === 0 ? undefined : { bytes: updateBytes, chunkBytes, sha256: chunkSha256 }

async function drain(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const pieces = bytes[Symbol.asyncIterator]()
  while ((await pieces.next()).done !== true);
}

const wrongOffset = (message: string, offset: number): UploadError =>
  new UploadError({ code: 'UPDATE_WRONG_OFFSET', message, offset })

const wrongChunk = (site: string, index: number): UploadError =>
  new UploadError({
    code: 'UPDATE_CHUNK_MISMATCH',
    message: `Chunk ${index} of the update of ${site} does not have the SHA-256 it was offered with. Send this chunk again.`,
  })

const incomplete = ({ updateBytes }: UpdateOffer, offset: number): UploadError =>
  new UploadError({
    code: 'UPDATE_INCOMPLETE',
    message: `The update has ${updateBytes} bytes, not all are held. Offer it again and send what is missing before committing.`,
    offset,
  })
