/** What a round starts from, as files: the global model, and the control variate that comes with it. */
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Frames } from '@consilium/proto'
import { downloadBlob, type Blob } from './download-blob.ts'
import type { RoundDeps } from './run-round.ts'

export interface RoundModels {
  readonly baseFile: string
  /** Of SCAFFOLD; undefined while it is zero, and for other rules. */
  readonly controlFile: string | undefined
}

type FetchDeps = Pick<RoundDeps, 'url' | 'link' | 'paths' | 'persist' | 'pace'>

/** Waits out what is not for good. Models of other rounds are removed. */
export async function fetchModels(
  deps: FetchDeps,
  { baseSha256, baseBytes, controlSha256, controlBytes }: Frames['roundInvitation'],
  signal: AbortSignal,
): Promise<RoundModels> {
  const { models } = deps.paths
  const baseFile = await fetchModel(deps, { sha256: baseSha256, bytes: baseBytes }, signal)
  const controlFile =
    controlSha256 === ''
      ? undefined
      : await fetchModel(deps, { sha256: controlSha256, bytes: controlBytes }, signal)
  const others = (await readdir(models))
    .map((name) => path.join(models, name))
    .filter((file) => file !== baseFile && file !== controlFile)
  await Promise.all(others.map((other) => rm(other, { force: true })))
  return { baseFile, controlFile }
}

async function fetchModel(
  { url, link, paths, persist, pace }: FetchDeps,
  blob: Blob,
  signal: AbortSignal,
): Promise<string> {
  const file = path.join(paths.models, `${blob.sha256}.safetensors`)
  await persist(async () => {
    await pace.begin(blob.bytes, signal)
    const token = await link.session(signal)
    await downloadBlob({ url, token, blob, file, pace, signal })
  }, signal)
  return file
}
