/** A state folder from a backup. Every file is checked against its digest, and the journal against the blobs. */
import { join } from 'node:path'
import { moveDurably } from '../blobs/durable-file.ts'
import { JOURNAL_FILE, openJournalCopy } from '../journal/sqlite-journal.ts'
import { foldJournal } from '../study/open-study.ts'
import {
  BACKUP_FILE,
  readBackupManifest,
  type BackedUpFile,
  type BackupManifest,
} from './backup-manifest.ts'
import { copyFile } from './copy-file.ts'
import { BackupInvalidError } from './errors.ts'
import { fillNewFolder } from './fill-new-folder.ts'
import { neededFiles } from './needed-files.ts'

export interface RestoreOptions {
  /** Of the backup. */
  readonly source: string
  /** The state folder: not there yet, or empty. */
  readonly folder: string
}

/**
 * The journal comes last: a folder without one holds no study, so what an interrupted restore leaves is none. Throws
 * BACKUP_INVALID, STATE_FOLDER_TOO_NEW, FOLDER_NOT_EMPTY and INPUT_FILE; nothing is left in the folder then.
 */
export async function restore({ source, folder }: RestoreOptions): Promise<BackupManifest> {
  const manifest = await readBackupManifest(source)
  await fillNewFolder({ what: 'restored study', folder }, async () => {
    for (const file of manifest.files) {
      const path = file.path === JOURNAL_FILE ? UNCHECKED : file.path
      await copyChecked(file, { source, target: join(folder, path) })
    }
    const problem = await problemOf(join(folder, UNCHECKED), manifest)
    if (problem !== undefined) throw new BackupInvalidError({ folder: source, problem })
    await moveDurably(join(folder, UNCHECKED), join(folder, JOURNAL_FILE))
  })
  return manifest
}

const UNCHECKED = `${JOURNAL_FILE}.unchecked`

async function copyChecked(
  { path, bytes, sha256 }: BackedUpFile,
  { source, target }: { source: string; target: string },
): Promise<void> {
  const invalid = (problem: string): BackupInvalidError =>
    new BackupInvalidError({ folder: source, problem: `its file ${path} ${problem}` })
  const copied = await copyFile(join(source, path), target).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? invalid('is missing') : error
  })
  if (copied.bytes === bytes && copied.sha256 === sha256) return
  throw invalid(`is damaged: it has digest ${copied.sha256}, ${sha256} was written`)
}

/** What the journal says against what `backup.json` says. */
async function problemOf(
  journalFile: string,
  { seq, planSha256, files }: BackupManifest,
): Promise<string | undefined> {
  const journal = openJournalCopy(journalFile)
  try {
    const state = await foldJournal(journal)
    if (state?.seq !== seq || state.planSha256 !== planSha256) {
      return `its journal is not the one that ${BACKUP_FILE} is about`
    }
    const digests = new Map(files.map(({ path, sha256 }) => [path, sha256]))
    const missing = neededFiles(state).find(
      ({ sha256, places }) => !places.some((place) => digests.get(place) === sha256),
    )
    return missing && `it lacks the file with digest ${missing.sha256}`
  } finally {
    await journal.close()
  }
}
