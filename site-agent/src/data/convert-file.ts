import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { sha256 } from '@consilium/weights'
import { systemErrorCode } from '../state/system-error-code.ts'
import { decodeFile } from './decode-file.ts'
import type { ListedFile } from './list-folder.ts'
import type { Skipped } from './preflight.ts'
import { toWorkingImage, type WorkingShape } from './to-working-image.ts'

/** A larger file is left out. */
export const MAX_FILE_BYTES = 1024 ** 3

export interface ConvertedImage {
  readonly path: string
  readonly format: string
  readonly pixels: Uint16Array
  /** SHA-256 of the file, the same for all its frames. */
  readonly contentSha256: string
  /** SHA-256 of the working image: equal for copies of an image, also under another header. */
  readonly imageSha256: string
}

export interface ConvertedFile {
  readonly images: readonly ConvertedImage[]
  readonly skipped: readonly Skipped[]
}

/** The working images of one file, or why it has none. */
export async function convertFile(
  root: string,
  file: ListedFile,
  shape: WorkingShape,
): Promise<ConvertedFile> {
  const skip = (reason: string): ConvertedFile => ({
    images: [],
    skipped: [{ reason, path: file.path }],
  })
  if (file.bytes > MAX_FILE_BYTES) return skip(`larger than ${MAX_FILE_BYTES} bytes`)
  let bytes: Uint8Array
  try {
    bytes = await readFile(path.join(root, file.path))
  } catch (error) {
    return skip(`not readable (${systemErrorCode(error) ?? 'unknown'})`)
  }
  const decoded = await decodeFile(bytes, path.extname(file.path))
  if (decoded.kind === 'skipped') return skip(decoded.reason)
  const contentSha256 = sha256(bytes)
  const images = Array.from(decoded.images, (image) => {
    const pixels = toWorkingImage(image, shape)
    const imageSha256 = sha256(new Uint8Array(pixels.buffer))
    return { path: file.path, format: decoded.format, pixels, contentSha256, imageSha256 }
  })
  return { images, skipped: [] }
}
