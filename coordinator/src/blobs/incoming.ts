/**
 * Updates on their way in, until they are whole and checked. What has arrived outlives the connection and the process.
 * One per site: opening another one removes the old.
 */
import type { Cut } from '@consilium/proto'

export interface IncomingUpdate {
  readonly site: string
  /** SHA-256 of the whole, as announced. Both are safe as file names. */
  readonly digest: string
  /** Absent where the bytes come one after the other. */
  readonly chunks?: Chunks
  /** Another coordinator took the offer: what it has cleared stays cleared, and nothing else is. */
  readonly continued?: boolean
}

export interface Chunks extends Cut {
  /** SHA-256 of every chunk, in order. */
  readonly sha256: readonly Uint8Array[]
}

/** Of bytes that come, a piece holds until the next one is asked for. */
export interface Incoming {
  /** Bytes from the beginning on; where an update without chunks goes on. */
  size(): Promise<number>
  /** Adds what comes after the first `offset` bytes. What came before `bytes` breaks off is kept. */
  append(offset: number, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** The chunks that are here with the right digest. */
  heldChunks(): Promise<Set<number>>
  /** Resolves to false if the bytes do not have the digest of the chunk. They must be as many as it has. */
  writeChunk(index: number, bytes: AsyncIterable<Uint8Array>): Promise<boolean>
  /** Path of all bytes on this machine. Not synced. */
  file(): Promise<string>
  remove(): Promise<void>
}

export type OpenIncoming = (update: IncomingUpdate) => Promise<Incoming>
