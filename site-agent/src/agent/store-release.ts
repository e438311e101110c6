/** The finished backbone: fetched, checked against its digest and its manifest, and kept with the manifest as received. */
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Frames } from '@consilium/proto'
import { z } from 'zod'
import { BlobDigestError, ReleaseDigestError, ReleaseManifestError } from '../errors.ts'
import type { Pace } from '../pace/pace.ts'
import { parseJson } from '../parse-json.ts'
import { replaceFile, syncFile, syncFolder } from '../state/replace-file.ts'
import type { StateFolder } from '../state/state-folder.ts'
import { downloadBlob } from './download-blob.ts'

const manifestSchema = z.object({ sha256: z.string(), planSha256: z.string() })

export interface StoreReleaseOptions {
  readonly url: string
  readonly token: string
  readonly release: Frames['release']
  readonly planSha256: string
  readonly paths: StateFolder['paths']
  readonly pace: Pace
  readonly signal: AbortSignal
}

/** Throws RELEASE_DIGEST_MISMATCH and RELEASE_MANIFEST_MISMATCH: then nothing is kept. Also what `downloadBlob` throws. */
export async function storeRelease(options: StoreReleaseOptions): Promise<void> {
  const { url, token, release, planSha256, paths, pace, signal } = options
  checkManifest(release, planSha256)
  const blob = { sha256: release.modelSha256, bytes: release.modelBytes }
  const arrived = path.join(paths.models, `${blob.sha256}.safetensors`)
  try {
    await downloadBlob({ url, token, blob, file: arrived, pace, signal })
  } catch (error) {
    throw error instanceof BlobDigestError
      ? new ReleaseDigestError({ expected: error.expected, got: error.got })
      : error
  }
  await syncFile(arrived)
  await rm(paths.release, { force: true })
  await rename(arrived, paths.backbone)
  await syncFolder(path.dirname(paths.backbone))
  await replaceFile(paths.release, release.manifestJson)
}

function checkManifest({ manifestJson, modelSha256 }: Frames['release'], planSha256: string): void {
  const manifest = manifestSchema.safeParse(parseJson(manifestJson))
  if (!manifest.success) throw new ReleaseManifestError('it has no digests of model and plan')
  if (manifest.data.sha256 !== modelSha256) {
    throw new ReleaseManifestError(`it is about model ${manifest.data.sha256}, not ${modelSha256}`)
  }
  if (manifest.data.planSha256 !== planSha256) {
    throw new ReleaseManifestError(
      `it is about plan ${manifest.data.planSha256}, not ${planSha256}`,
    )
  }
}
