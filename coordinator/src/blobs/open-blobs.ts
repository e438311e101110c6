/** Where a coordinator keeps blobs: its state folder, a folder that coordinators share, or an S3 bucket. */
import { join } from 'node:path'
import type { BlobStore } from './blob-store.ts'
import { openFileBlobStore } from './file-blob-store.ts'
import { parseS3Address } from './s3/s3-address.ts'
import { openS3BlobStore } from './s3/s3-blob-store.ts'
import { createS3Objects } from './s3/s3-objects.ts'

/** `address`: `s3://BUCKET/PREFIX` or a folder; default: in the state folder. Throws BLOBS_ADDRESS. */
export function openBlobs(stateFolder: string, address: string | undefined): Promise<BlobStore> {
  if (address === undefined) return openFileBlobStore(join(stateFolder, 'blobs'))
  if (!address.startsWith('s3:')) return openFileBlobStore(address, { shared: true })
  const objects = createS3Objects(parseS3Address(address, process.env))
  return openS3BlobStore(objects, join(stateFolder, 'copies'))
}
