import { ConsiliumError } from '@consilium/errors'

/** Thrown when a state folder has nothing that could be backed up. */
export class BackupNoStudyError extends ConsiliumError {
  constructor(folder: string) {
    super({
      code: 'BACKUP_NO_STUDY',
      message: `The folder ${folder} holds no study. Give the --state of the coordinator. A study that is kept in PostgreSQL is backed up with pg_dump (docs/operations.md).`,
    })
  }
}

/** Thrown when a backup or a restored study would be written over something. */
export class FolderNotEmptyError extends ConsiliumError {
  constructor({ what, folder }: { what: string; folder: string }) {
    super({
      code: 'FOLDER_NOT_EMPTY',
      message: `There is something in ${folder} already. Nothing is written over: name a folder that does not exist yet, or is empty, for the ${what}.`,
    })
  }
}

/** Thrown when a backup is incomplete or damaged. */
export class BackupInvalidError extends ConsiliumError {
  constructor({ folder, problem }: { folder: string; problem: string }) {
    super({
      code: 'BACKUP_INVALID',
      message: `The backup ${folder} cannot be restored: ${problem}. Nothing was restored; take an older backup.`,
    })
  }
}
