/** Where a coordinator keeps blobs and incoming updates: its state folder, a shared folder, or an S3 bucket. */
import { join } from 'node:path'
import type { BlobStore } from './blob-store.ts'
import { openFileBlobStore } from './file-blob-store.ts'
import { createFileIncoming } from './file-incoming.ts'
import { createFolderObjects } from './folder-objects.ts'
import type { OpenIncoming } from './incoming.ts'
import type { Objects } from './objects.ts'
import { parseS3Address } from './s3/s3-address.ts'
import { openS3BlobStore } from './s3/s3-blob-store.ts'
import { createS3Objects } from './s3/s3-objects.ts'
import { createSharedIncoming } from './shared-incoming.ts'

export interface OpenedBlobs {
  readonly blobs: BlobStore
  readonly openIncoming: OpenIncoming
}

/** `address`: `s3://BUCKET/PREFIX` or a folder; default: in the state folder. Throws BLOBS_ADDRESS. */
export async function openBlobs(
  stateFolder: string,
  address: string | undefined,
): Promise<OpenedBlobs> {
  if (address === undefined) {
    const blobs = await openFileBlobStore(join(stateFolder, 'blobs'))
    return { blobs, openIncoming: createFileIncoming(join(stateFolder, 'spool', 'incoming')) }
  }
  if (!address.startsWith('s3:')) {
    const blobs = await openFileBlobStore(address, { shared: true })
    return sharedBy(blobs, createFolderObjects(address))
  }
  const objects = createS3Objects(parseS3Address(address, process.env))
  return sharedBy(await openS3BlobStore(objects, join(stateFolder, 'copies')), objects)
}

const sharedBy = (blobs: BlobStore, objects: Objects): OpenedBlobs => ({
  blobs,
  openIncoming: createSharedIncoming(objects, () => blobs.temporaryPath()),
})
