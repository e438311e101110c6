/** What the checking thread is asked about an update that is whole, and what it says. */
import type { WireFormat } from '@consilium/weights'
import type { Blob } from '../blobs/blob-store.ts'
import type { UpdateRefusal } from '../errors.ts'

export interface UpdateFile extends Blob {
  readonly path: string
  readonly format: WireFormat
  /** Where a packed update is unpacked to, as float32. The file must not exist yet; it is the caller's to remove. */
  readonly unpackTo: string
}

export type UpdateVerdict =
  | {
      readonly kind: 'fits'
      /** The file at `unpackTo`; absent where nothing had to be unpacked. */
      readonly delta?: Blob
    }
  | {
      readonly kind: 'refused'
      readonly code: UpdateRefusal
      /** A sentence for people. */
      readonly problem: string
      readonly retryable: boolean
    }
