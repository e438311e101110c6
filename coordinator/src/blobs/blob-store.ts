/** Where models, updates and the release are kept, under the SHA-256 of their bytes. */

export interface Blob {
  readonly sha256: string
  readonly bytes: number
}

/** Every implementation passes blob-store-contract.ts. Digests are 64 hexadecimal digits. */
export interface BlobStore {
  /** Reads it all and checks it. Throws BLOB_MISSING and BLOB_CORRUPT. */
  read(digest: string): Promise<Uint8Array>
  /** Path of a whole local copy, to be read only; fetched first where the store is elsewhere. Throws BLOB_MISSING. */
  file(digest: string): Promise<string>
  /** Resolves when the bytes would survive a power cut. Writing the same bytes again is as good as once. */
  write(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Blob>
  /** Removing what is not there is as good as removing it. */
  readonly remove: (digest: string) => Promise<void>
  /** Deletes a copy that this process keeps of what is stored elsewhere. */
  readonly forget: (digest: string) => Promise<void>
  /** Of a file on this machine that does not exist yet and that `adopt` may take. */
  temporaryPath(): string
  /** As `write`, of the whole file at `path`, one of `temporaryPath`, which is gone then. Its digest is believed. */
  adopt(file: Blob & { readonly path: string }): Promise<Blob>
}
