import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { BlobCorruptError } from '../../errors.ts'

/** What a file has before its last `4 * parameters` bytes. Throws BLOB_CORRUPT if it is shorter than that. */
export function readHeader(
  { path, sha256 }: { path: string; sha256: string },
  parameters: number,
): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const length = fstatSync(file).size - 4 * parameters
    if (length < 0) throw new BlobCorruptError(sha256)
    const header = new Uint8Array(length)
    if (readSync(file, header, 0, length, 0) < length) throw new BlobCorruptError(sha256)
    return header
  } finally {
    closeSync(file)
  }
}
