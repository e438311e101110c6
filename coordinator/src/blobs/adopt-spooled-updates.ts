/**
 * State folders of version 0.1.0 keep the updates of the round in hand as `spool/round-<n>/<site>.safetensors`; they are
 * blobs now. Done at every start: what is moved already is not there any more.
 */
import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { currentRound, type StudyState } from '../rounds/study-state.ts'
import type { BlobStore } from './blob-store.ts'

export async function adoptSpooledUpdates(
  spool: string,
  { state, blobs }: { state: StudyState; blobs: BlobStore },
): Promise<void> {
  const round = currentRound(state)
  for (const { site, sha256, bytes } of round?.updates ?? []) {
    const old = join(spool, `round-${round!.round}`, `${site}.safetensors`)
    if (!existsSync(old)) continue
    const path = blobs.temporaryPath()
    await rename(old, path)
    await blobs.adopt({ path, sha256, bytes })
  }
  const folders = existsSync(spool) ? await readdir(spool) : []
  for (const name of folders.filter((folder) => folder.startsWith('round-')))
    await rm(join(spool, name), { recursive: true })
}
