/** Bytes under names, as a folder or an S3 bucket keeps them. Names are parts of paths, joined by slashes. */
export interface Objects {
  /** Undefined if there is none. */
  get(key: string): Promise<AsyncIterable<Uint8Array> | undefined>
  /** Is there whole or not at all. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Removing what is not there is as good as removing it. */
  remove(key: string): Promise<void>
  /** Names that begin so, in order. The last slash must be part of it. */
  list(prefix: string): Promise<readonly string[]>
}
