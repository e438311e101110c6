import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { DataNotFoundError } from '../errors.ts'
import { systemErrorCode } from '../state/system-error-code.ts'
import type { Skipped } from './preflight.ts'

/** Folders nested deeper than this are left out. */
const MAX_DEPTH = 32

export interface ListedFile {
  /** Relative to the folder, with `/` on every system. */
  readonly path: string
  readonly bytes: number
  readonly modifiedMs: number
}

export interface FolderListing {
  /** Sorted by path. */
  readonly files: readonly ListedFile[]
  readonly skipped: readonly Skipped[]
}

/**
 * Every file below `root`. Names that begin with a dot are passed over, links to files are followed, links to folders
 * are not (they may lead in a circle). Throws DATA_NOT_FOUND.
 */
export async function listFolder(root: string): Promise<FolderListing> {
  const info = await stat(root).catch((error: unknown) => {
    throw new DataNotFoundError({ path: root, problem: systemErrorCode(error) ?? String(error) })
  })
  if (!info.isDirectory()) {
    throw new DataNotFoundError({ path: root, problem: 'it is neither a folder nor a .npz file' })
  }
  const files: ListedFile[] = []
  const skipped: Skipped[] = []
  await walk(root, '', { files, skipped })
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { files, skipped }
}

interface Found {
  readonly files: ListedFile[]
  readonly skipped: Skipped[]
}

async function walk(root: string, folder: string, found: Found): Promise<void> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(
    (error: unknown) => {
      found.skipped.push({
        reason: `folder not readable (${systemErrorCode(error) ?? 'unknown'})`,
        path: folder,
      })
      return []
    },
  )
  for (const entry of entries) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.name.startsWith('.')) continue
    if (!entry.isDirectory()) await addFile(root, name, found)
    else if (name.split('/').length < MAX_DEPTH) await walk(root, name, found)
    else found.skipped.push({ reason: `folders nested deeper than ${MAX_DEPTH}`, path: name })
  }
}

async function addFile(root: string, name: string, { files, skipped }: Found): Promise<void> {
  try {
    const info = await stat(path.join(root, name))
    if (info.isFile()) files.push({ path: name, bytes: info.size, modifiedMs: info.mtimeMs })
    else skipped.push({ reason: 'a link to a folder, or no regular file', path: name })
  } catch (error) {
    skipped.push({ reason: `not readable (${systemErrorCode(error) ?? 'unknown'})`, path: name })
  }
}
