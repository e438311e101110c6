/**
 * A data source as a data set in a folder, ready for the trainer process. Decoding runs once: as long as the source, its
 * files (path, size, time), the working shape and the pipeline are the same, the data set in the folder is used again.
 */
import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Dataset } from '@consilium/learning'
import { canonicalJson } from '@consilium/study'
import { sha256 } from '@consilium/weights'
import { DatasetCorruptError } from '../errors.ts'
import { parseJson } from '../parse-json.ts'
import { readIfThere } from '../state/read-if-there.ts'
import { replaceFile } from '../state/replace-file.ts'
import { readDataset, writeDataset } from './dataset-file.ts'
import { listFolder } from './list-folder.ts'
import { loadData } from './load-data.ts'
import type { LoadedData, LoadOptions } from './loaded-data.ts'
import { sidecarPath } from './npz-sidecar.ts'
import type { DataSource } from './parse-data-source.ts'
import { assertUsable, type PreflightReport } from './preflight.ts'
import { PIPELINE, type WorkingShape } from './to-working-image.ts'

/** What the data set was made from. Written last, removed first: without it the data set is made again. */
const ORIGIN = 'origin.json'

export interface PrepareOptions extends LoadOptions {
  /** Where the data set lies, or will. */
  readonly folder: string
  readonly labelsRequired?: boolean
}

export interface PreparedData extends LoadedData {
  /** False when the data set of an earlier run was used. */
  readonly fresh: boolean
}

/** Throws what `loadData` and `assertUsable` throw; then nothing has been written. */
export async function prepareData(
  source: DataSource,
  options: PrepareOptions,
): Promise<PreparedData> {
  const key = await originKey(source, options.shape)
  const earlier = await readPrepared(options.folder, key)
  if (earlier !== undefined) {
    assertUsable(earlier.report, options)
    return { ...earlier, fresh: false }
  }
  const loaded = await loadData(source, options)
  assertUsable(loaded.report, options)
  const origin = path.join(options.folder, ORIGIN)
  await rm(origin, { force: true })
  await writeDataset(options.folder, loaded.dataset)
  await replaceFile(origin, JSON.stringify({ key, pipeline: PIPELINE, report: loaded.report }))
  return { ...loaded, fresh: true }
}

async function originKey(source: DataSource, shape: WorkingShape): Promise<string> {
  const files = await fingerprint(source)
  const from = { ...source, path: path.resolve(source.path) }
  return sha256(canonicalJson({ source: from, shape, pipeline: PIPELINE, files }))
}

async function fingerprint(source: DataSource): Promise<unknown> {
  if (source.kind === 'folder') return (await listFolder(source.path)).files
  return Promise.all(
    [source.path, sidecarPath(source.path)].map(async (file) => {
      const info = await stat(file).catch(() => undefined)
      return info === undefined ? null : { bytes: info.size, modifiedMs: info.mtimeMs }
    }),
  )
}

/** The data set in the folder if it was made from `key` and is whole. */
async function readPrepared(folder: string, key: string): Promise<LoadedData | undefined> {
  const text = (await readIfThere(path.join(folder, ORIGIN))) ?? '{}'
  const origin = parseJson(text) as { key?: string; report: PreflightReport } | undefined
  if (origin?.key !== key) return undefined
  const dataset: Dataset | undefined = await readDataset(folder).catch((error: unknown) => {
    if (error instanceof DatasetCorruptError) return undefined
    throw error
  })
  return dataset && { dataset, report: origin.report }
}
