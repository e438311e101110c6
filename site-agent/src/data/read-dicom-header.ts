/**
 * What is needed of a DICOM header to read its images, or the reason why they are not read.
 * Standard: https://dicom.nema.org/medical/dicom/current/output/html/part03.html (C.7.6.3, C.11.1).
 */
import { inflateRawSync } from 'node:zlib'
import dicomParser, { type DataSet } from 'dicom-parser'
import { transferSyntaxName, uncompressedSyntaxes } from './dicom-syntaxes.ts'

/** A deflated file that unpacks to more than this is refused. */
const MAX_INFLATED_BYTES = 1024 ** 3

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'

const PHOTOMETRICS = ['MONOCHROME1', 'MONOCHROME2', 'RGB'] as const

export interface DicomHeader {
  readonly rows: number
  readonly columns: number
  readonly frames: number
  readonly photometric: (typeof PHOTOMETRICS)[number]
  /** RGB samples lie plane by plane and not pixel by pixel. */
  readonly planar: boolean
  readonly bitsAllocated: 8 | 16 | 32
  readonly bitsStored: number
  readonly highBit: number
  readonly signed: boolean
  readonly littleEndian: boolean
  readonly slope: number
  readonly intercept: number
  /** Stored values from low to high, both included, are padding. */
  readonly padding: { readonly low: number; readonly high: number } | undefined
  /** The samples of all frames. */
  readonly pixelData: Uint8Array
}

/** A header, or why this file is left out. `bytes` is a whole DICOM file. */
export function readDicomHeader(bytes: Uint8Array): DicomHeader | string {
  const dataSet = parse(bytes)
  if (typeof dataSet === 'string') return dataSet
  return contentRefusal(dataSet) ?? samplesRefusal(dataSet) ?? headerOf(dataSet)
}

function parse(bytes: Uint8Array): DataSet | string {
  const inflater = (file: Uint8Array, position: number): Uint8Array => {
    const body = inflateRawSync(file.subarray(position), { maxOutputLength: MAX_INFLATED_BYTES })
    return Buffer.concat([file.subarray(0, position), body])
  }
  try {
    return dicomParser.parseDicom(bytes, { inflater })
  } catch {
    // dicom-parser throws strings and objects that may quote the file: only the fact is told.
    return 'damaged or truncated DICOM file'
  }
}

/** What the image shows, and how its bytes are coded. */
function contentRefusal(dataSet: DataSet): string | undefined {
  const sopClass = dataSet.string('x00080016') ?? ''
  if (dataSet.string('x00280301') === 'YES') return 'DICOM with burnt-in annotation'
  if (sopClass === SECONDARY_CAPTURE || sopClass.startsWith(`${SECONDARY_CAPTURE}.`)) {
    return 'DICOM secondary capture'
  }
  const syntax = dataSet.string('x00020010') ?? ''
  if (!uncompressedSyntaxes.has(syntax)) {
    return `DICOM transfer syntax ${transferSyntaxName(syntax)} is not read`
  }
  if (dataSet.elements['x7fe00008'] ?? dataSet.elements['x7fe00009'])
    return 'DICOM with float samples'
  return dataSet.elements['x7fe00010'] === undefined ? 'DICOM without an image' : undefined
}

/** How the samples are to be understood. */
function samplesRefusal(dataSet: DataSet): string | undefined {
  const photometric = photometricOf(dataSet)
  const bits = dataSet.uint16('x00280100')
  const samples = dataSet.uint16('x00280002') ?? 1
  if (!isPhotometric(photometric))
    return `DICOM photometric interpretation ${photometric} is not read`
  if (samples !== (photometric === 'RGB' ? 3 : 1)) return `DICOM with ${samples} samples per pixel`
  if (dataSet.elements['x00283000'] !== undefined) return 'DICOM with a modality lookup table'
  if (photometric === 'RGB' && bits !== 8) return `DICOM RGB with ${bits ?? 0} bits per sample`
  return isBits(bits) ? undefined : `DICOM with ${bits ?? 0} bits per sample`
}

function headerOf(dataSet: DataSet): DicomHeader | string {
  const bitsAllocated = dataSet.uint16('x00280100') as 8 | 16 | 32
  const bitsStored = dataSet.uint16('x00280101') ?? bitsAllocated
  const header = {
    rows: dataSet.uint16('x00280010') ?? 0,
    columns: dataSet.uint16('x00280011') ?? 0,
    frames: dataSet.intString('x00280008') ?? 1,
    photometric: photometricOf(dataSet) as DicomHeader['photometric'],
    planar: dataSet.uint16('x00280006') === 1,
    bitsAllocated,
    bitsStored,
    highBit: dataSet.uint16('x00280102') ?? bitsStored - 1,
    signed: dataSet.uint16('x00280103') === 1,
    littleEndian: dataSet.string('x00020010') !== '1.2.840.10008.1.2.2',
    slope: dataSet.floatString('x00281053') ?? 1,
    intercept: dataSet.floatString('x00281052') ?? 0,
    padding: paddingOf(dataSet),
    pixelData: pixelDataOf(dataSet),
  }
  return shapeRefusal(header) ?? header
}

function shapeRefusal(header: DicomHeader): string | undefined {
  const { rows, columns, frames, bitsAllocated, bitsStored, highBit, slope, intercept } = header
  if (!(rows > 0 && columns > 0 && frames > 0)) return 'DICOM without rows, columns or frames'
  if (!(bitsStored > 0 && bitsStored <= highBit + 1 && highBit < bitsAllocated)) {
    return `DICOM with bits ${bitsAllocated}/${bitsStored}/${highBit} (allocated/stored/high)`
  }
  if (!Number.isFinite(slope) || !Number.isFinite(intercept))
    return 'DICOM with a rescale that is no number'
  const samples = header.photometric === 'RGB' ? 3 : 1
  const needed = (rows * columns * frames * samples * bitsAllocated) / 8
  return header.pixelData.length < needed ? 'damaged or truncated DICOM file' : undefined
}

function pixelDataOf({ byteArray, elements }: DataSet): Uint8Array {
  const { dataOffset, length } = elements['x7fe00010']!
  return byteArray.subarray(dataOffset, dataOffset + length)
}

/** Pixel Padding Value and, where it is there, Pixel Padding Range Limit. */
function paddingOf(dataSet: DataSet): DicomHeader['padding'] {
  const read = (tag: string): number | undefined =>
    dataSet.uint16('x00280103') === 1 ? dataSet.int16(tag) : dataSet.uint16(tag)
  const value = read('x00280120')
  if (value === undefined) return undefined
  const limit = read('x00280121') ?? value
  return { low: Math.min(value, limit), high: Math.max(value, limit) }
}

const photometricOf = (dataSet: DataSet): string => dataSet.string('x00280004') ?? 'MONOCHROME2'

const isPhotometric = (text: string): boolean => (PHOTOMETRICS as readonly string[]).includes(text)

const isBits = (bits: number | undefined): boolean => bits === 8 || bits === 16 || bits === 32
