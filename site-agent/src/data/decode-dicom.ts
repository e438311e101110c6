/**
 * Images of an uncompressed DICOM file: one per frame. Grey images are modality values (rescale applied, MONOCHROME1
 * negated so that more is always brighter) with their padding marked; RGB images are bytes.
 *
 * Rescale values of single frames (functional groups) are not looked up: the intensity window is taken from each
 * frame, so a positive slope and any intercept change nothing.
 */
import type { DecodedFile } from './decode-file.ts'
import { MAX_IMAGE_PIXELS } from './decode-raster.ts'
import type { RawImage } from './raw-image.ts'
import { readDicomHeader, type DicomHeader } from './read-dicom-header.ts'

const PREFIX_OFFSET = 128

/** True with the prefix of a DICOM file (PS3.10 section 7.1). */
export const isDicom = (bytes: Uint8Array): boolean =>
  String.fromCharCode(...bytes.subarray(PREFIX_OFFSET, PREFIX_OFFSET + 4)) === 'DICM'

export function decodeDicom(bytes: Uint8Array): DecodedFile {
  const header = readDicomHeader(bytes)
  if (typeof header === 'string') return { kind: 'skipped', reason: header }
  if (header.rows * header.columns > MAX_IMAGE_PIXELS) {
    return { kind: 'skipped', reason: `more than ${MAX_IMAGE_PIXELS} pixels` }
  }
  const grey = header.photometric !== 'RGB'
  return {
    kind: 'images',
    format: `DICOM, ${grey ? 'grey' : 'RGB'}, ${header.bitsStored}-bit`,
    images: frames(header),
  }
}

function* frames(header: DicomHeader): Generator<RawImage> {
  for (let frame = 0; frame < header.frames; frame += 1) {
    yield header.photometric === 'RGB' ? rgbFrame(header, frame) : greyFrame(header, frame)
  }
}

function rgbFrame({ rows, columns, planar, pixelData }: DicomHeader, frame: number): RawImage {
  const pixels = rows * columns
  const stored = pixelData.subarray(3 * pixels * frame, 3 * pixels * (frame + 1))
  const samples = planar
    ? stored.map((_, i) => stored[(i % 3) * pixels + Math.floor(i / 3)]!)
    : stored
  return { width: columns, height: rows, channels: 3, samples, scale: 'bytes' }
}

function greyFrame(header: DicomHeader, frame: number): RawImage {
  const { rows, columns, slope, intercept, padding } = header
  const pixels = rows * columns
  const sign = header.photometric === 'MONOCHROME1' ? -1 : 1
  const read = sampleReader(header)
  const samples = new Float32Array(pixels)
  const mask = new Uint8Array(pixels)
  for (let i = 0; i < pixels; i += 1) {
    const stored = read(pixels * frame + i)
    samples[i] = sign * (stored * slope + intercept)
    if (padding !== undefined && stored >= padding.low && stored <= padding.high) mask[i] = 1
  }
  const image = { width: columns, height: rows, channels: 1, samples, scale: 'values' } as const
  return padding === undefined ? image : { ...image, padding: mask }
}

/** Reads the i-th stored value: the bits between highBit and the lowest stored one, with their sign. */
function sampleReader(header: DicomHeader): (i: number) => number {
  const { pixelData, littleEndian, bitsAllocated, bitsStored, highBit, signed } = header
  const view = new DataView(pixelData.buffer, pixelData.byteOffset, pixelData.byteLength)
  const word = {
    8: (i: number) => view.getUint8(i),
    16: (i: number) => view.getUint16(2 * i, littleEndian),
    32: (i: number) => view.getUint32(4 * i, littleEndian),
  }[bitsAllocated]
  const left = 31 - highBit
  const right = 32 - bitsStored
  return signed ? (i) => (word(i) << left) >> right : (i) => (word(i) << left) >>> right
}
