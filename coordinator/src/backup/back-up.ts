/**
 * A backup of a study in SQLite: its journal up to one entry, every file that the study still needs at that entry, and
 * its secrets, laid out like the state folder. Its coordinator may be running.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '../blobs/durable-file.ts'
import { BlobCorruptError, BlobMissingError } from '../errors.ts'
import { copySqliteJournal, JOURNAL_FILE, openJournalCopy } from '../journal/sqlite-journal.ts'
import type { StudyState } from '../rounds/study-state.ts'
import { foldJournal } from '../study/open-study.ts'
import { OPERATOR_TOKEN } from '../study/operator-token.ts'
import { VERSION } from '../version.ts'
import {
  BACKUP_FILE,
  backupManifest,
  type BackedUpFile,
  type BackupManifest,
} from './backup-manifest.ts'
import { copyFile } from './copy-file.ts'
import { BackupNoStudyError } from './errors.ts'
import { fillNewFolder } from './fill-new-folder.ts'
import { neededFiles, type NeededFile } from './needed-files.ts'

export interface BackUpOptions {
  /** The state folder. */
  readonly folder: string
  /** Of the backup: a folder that is not there yet, or empty. */
  readonly target: string
  readonly now: () => Date
}

/**
 * Throws BACKUP_NO_STUDY, FOLDER_NOT_EMPTY, INPUT_FILE, BLOB_MISSING and BLOB_CORRUPT. What a failed backup wrote is
 * deleted.
 */
export async function backUp({ folder, target, now }: BackUpOptions): Promise<BackupManifest> {
  if (!existsSync(join(folder, JOURNAL_FILE))) throw new BackupNoStudyError(folder)
  return fillNewFolder({ what: 'backup', folder: target }, async () => {
    const { state, files } = await copyStudy(folder, target)
    const { name } = state.plan
    const manifest = backupManifest({
      ...{ version: VERSION, at: now().toISOString(), study: name, planSha256: state.planSha256 },
      seq: state.seq,
      files: [...(await copySecrets(folder, target)), ...files, await journalFile(target)],
    })
    await writeDurably(join(target, BACKUP_FILE), `${JSON.stringify(manifest, null, 2)}\n`, 0o600)
    return manifest
  })
}

interface Copied {
  readonly state: StudyState
  readonly files: readonly BackedUpFile[]
}

/**
 * Journal first, then the files it asks for. One that has gone meanwhile belongs to a round that was committed meanwhile:
 * then once more with the journal as it is by now.
 */
async function copyStudy(folder: string, target: string): Promise<Copied> {
  const copied = new Map<string, BackedUpFile>()
  for (let before = 0; ;) {
    const state = await copyJournal(folder, target)
    const needed = neededFiles(state)
    const missing = await copyFiles(needed, { folder, target, copied })
    if (missing === undefined) return { state, files: await onlyNeeded(needed, target, copied) }
    if (state.seq === before) throw new BlobMissingError(missing.sha256)
    before = state.seq
  }
}

async function copyJournal(folder: string, target: string): Promise<StudyState> {
  const file = join(target, JOURNAL_FILE)
  await rm(file, { force: true })
  copySqliteJournal(folder, file)
  const journal = openJournalCopy(file)
  try {
    const state = await foldJournal(journal)
    if (state === undefined) throw new BackupNoStudyError(folder)
    return state
  } finally {
    await journal.close()
  }
}

interface Copying {
  readonly folder: string
  readonly target: string
  readonly copied: Map<string, BackedUpFile>
}

/** Adds to `copied`, by digest. The first file that is not there, if there is one. */
async function copyFiles(
  files: readonly NeededFile[],
  { folder, target, copied }: Copying,
): Promise<NeededFile | undefined> {
  for (const file of files) {
    if (copied.has(file.sha256)) continue
    const path = file.places.find((place) => existsSync(join(folder, place)))
    const measured = path && (await copyIfThere(join(folder, path), join(target, path)))
    if (!measured) return file
    if (measured.sha256 !== file.sha256) throw new BlobCorruptError(file.sha256)
    copied.set(file.sha256, { path, ...measured })
  }
  return undefined
}

async function copyIfThere(
  source: string,
  target: string,
): Promise<Omit<BackedUpFile, 'path'> | undefined> {
  try {
    return await copyFile(source, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Updates of a round that was committed meanwhile are not kept here either. */
async function onlyNeeded(
  needed: readonly NeededFile[],
  target: string,
  copied: ReadonlyMap<string, BackedUpFile>,
): Promise<readonly BackedUpFile[]> {
  const digests = new Set(needed.map(({ sha256 }) => sha256))
  for (const [digest, { path }] of copied) {
    if (!digests.has(digest)) await rm(join(target, path))
  }
  return [...digests].map((digest) => copied.get(digest)!)
}

async function copySecrets(folder: string, target: string): Promise<readonly BackedUpFile[]> {
  const names = SECRETS.filter((name) => existsSync(join(folder, name)))
  return Promise.all(
    names.map(async (path) => ({
      path,
      ...(await copyFile(join(folder, path), join(target, path))),
    })),
  )
}

const SECRETS = ['join-token', OPERATOR_TOKEN]

/** SQLite wrote it: copied once more to be measured, synced and readable by its owner only. */
async function journalFile(target: string): Promise<BackedUpFile> {
  const file = join(target, JOURNAL_FILE)
  return { path: JOURNAL_FILE, ...(await copyFile(file, file)) }
}
