/** What a backup says of itself, in `backup.json`. Written last: a folder without it is no backup. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BackupInvalidError } from './errors.ts'

export const BACKUP_FILE = 'backup.json'

/** A newer one is refused. */
const FORMAT = 1

export interface BackedUpFile {
  /** Relative to the backup, and to the state folder it becomes; with `/`. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

export interface BackupManifest {
  readonly format: typeof FORMAT
  /** Of the Consilium that made it. */
  readonly version: string
  readonly at: string
  readonly study: string
  readonly planSha256: string
  /** Number of the last journal entry in it. */
  readonly seq: number
  readonly files: readonly BackedUpFile[]
}

export const backupManifest = (content: Omit<BackupManifest, 'format'>): BackupManifest => ({
  format: FORMAT,
  ...content,
})

/** Throws BACKUP_INVALID. */
export async function readBackupManifest(folder: string): Promise<BackupManifest> {
  const invalid = (problem: string): BackupInvalidError =>
    new BackupInvalidError({ folder, problem })
  const text = await readFile(join(folder, BACKUP_FILE), 'utf8').catch(() => {
    throw invalid(`it has no ${BACKUP_FILE}: it is no backup, or was never finished`)
  })
  const value = parse(text)
  if (value === undefined) throw invalid(`its ${BACKUP_FILE} cannot be read`)
  if (value.format !== FORMAT) {
    throw invalid(`it has format ${String(value.format)}, this version reads ${FORMAT}`)
  }
  if (!isManifest(value)) throw invalid(`its ${BACKUP_FILE} is not one`)
  return value
}

function parse(text: string): Partial<BackupManifest> | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as Partial<BackupManifest> | undefined
  } catch {
    return undefined
  }
}

const isManifest = (value: Partial<BackupManifest>): value is BackupManifest =>
  typeof value.study === 'string' &&
  typeof value.planSha256 === 'string' &&
  Number.isSafeInteger(value.seq) &&
  Array.isArray(value.files) &&
  value.files.every(isFile)

/** Only names that a backup can have: what is restored cannot land elsewhere. */
const PATH =
  /^(journal\.sqlite|[a-z]+-token|blobs\/sha256\/[0-9a-f]{2}\/[0-9a-f]{64}|spool\/round-\d+\/[a-z0-9-]+\.safetensors)$/

const isFile = ({ path, bytes, sha256 }: Partial<BackedUpFile>): boolean =>
  PATH.test(String(path)) && Number.isSafeInteger(bytes) && /^[0-9a-f]{64}$/.test(String(sha256))
