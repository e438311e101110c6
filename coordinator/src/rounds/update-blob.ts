import type { UpdateRecord } from '../journal/journal-event.ts'

/** SHA-256 of the blob that holds an update as it is folded. */
export const updateBlob = ({ sha256, delta }: Pick<UpdateRecord, 'sha256' | 'delta'>): string =>
  delta?.sha256 ?? sha256
