/** Which decoder reads a file is decided by its first bytes: names and endings say little in hospitals. */
import { decodeDicom, isDicom } from './decode-dicom.ts'
import { decodeRaster, rasterFormatOf } from './decode-raster.ts'
import type { RawImage } from './raw-image.ts'

/** Images are decoded one by one as they are asked for. `reason` is for the preflight report and holds no path. */
export type DecodedFile =
  | { readonly kind: 'images'; readonly format: string; readonly images: Iterable<RawImage> }
  | { readonly kind: 'skipped'; readonly reason: string }

/** `ending` is the ending of the file's name, with its dot: it only words the reason. */
export async function decodeFile(bytes: Uint8Array, ending: string): Promise<DecodedFile> {
  if (bytes.length === 0) return { kind: 'skipped', reason: 'empty file' }
  if (isDicom(bytes)) return decodeDicom(bytes)
  const format = rasterFormatOf(bytes)
  if (format !== undefined) return await decodeRaster(bytes, format)
  const named = ['.png', '.jpg', '.jpeg', '.tif', '.tiff', '.dcm'].includes(ending.toLowerCase())
  return {
    kind: 'skipped',
    reason: named
      ? `named ${ending} but its content is not of that kind`
      : `no image of a kind that is read${ending === '' ? '' : ` (${ending})`}`,
  }
}
