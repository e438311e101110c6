/**
 * PNG, JPEG and TIFF by libvips. 16-bit samples stay 16-bit, grey stays grey, palettes become RGB, alpha is composited
 * on black and the EXIF orientation is applied. Not read: floating-point TIFF and TIFF of several pages (stacks and
 * whole-slide pyramids look the same there).
 */
import sharp, { type Metadata, type Sharp } from 'sharp'
import type { DecodedFile } from './decode-file.ts'
import type { RawImage } from './raw-image.ts'

/** Larger images are refused before they are decoded. */
export const MAX_IMAGE_PIXELS = 100_000_000

const SIGNATURES: readonly (readonly [string, readonly number[]])[] = [
  ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['JPEG', [0xff, 0xd8, 0xff]],
  ['TIFF', [0x49, 0x49, 0x2a, 0x00]],
  ['TIFF', [0x4d, 0x4d, 0x00, 0x2a]],
]

export const rasterFormatOf = (bytes: Uint8Array): string | undefined =>
  SIGNATURES.find(([, signature]) => signature.every((byte, i) => bytes[i] === byte))?.[0]

export async function decodeRaster(bytes: Uint8Array, format: string): Promise<DecodedFile> {
  const options = { failOn: 'error', limitInputPixels: MAX_IMAGE_PIXELS } as const
  try {
    const metadata = await sharp(bytes, options).metadata()
    const refusal = refuse(metadata)
    if (refusal !== undefined) return { kind: 'skipped', reason: refusal }
    const grey = metadata.channels - (metadata.hasAlpha ? 1 : 0) === 1
    const deep = metadata.depth === 'ushort'
    const pipeline = sharp(bytes, options).autoOrient().flatten({ background: '#000000' })
    const image = await decode(pipeline, { grey, deep })
    return {
      kind: 'images',
      format: `${format}, ${grey ? 'grey' : 'RGB'}, ${deep ? 16 : 8}-bit`,
      images: [image],
    }
  } catch (error) {
    return { kind: 'skipped', reason: `unreadable ${format}: ${reasonOf(error)}` }
  }
}

function refuse({ depth, pages = 1 }: Metadata): string | undefined {
  if (pages > 1) return 'TIFF of several pages'
  return depth === 'uchar' || depth === 'ushort' ? undefined : `samples of type ${depth}`
}

async function decode(
  pipeline: Sharp,
  { grey, deep }: { grey: boolean; deep: boolean },
): Promise<RawImage> {
  const space = deep ? (grey ? 'grey16' : 'rgb16') : grey ? 'b-w' : 'srgb'
  const { data, info } = await pipeline
    .toColourspace(space)
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const { width, height } = info
  // Buffers of libvips are not always aligned to 2 bytes: copy, then view.
  const samples = deep ? new Uint16Array(Uint8Array.from(data).buffer) : data
  return { width, height, channels: grey ? 1 : 3, samples, scale: deep ? 'values' : 'bytes' }
}

/** The first line libvips says, without what it says about buffers. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .split('\n')[0]!
    .replace(/^Input buffer /, '')
