/** A film as the file a hospital would have. */
import type { createPhantom } from '@consilium/phantoms'
import type { Stream } from '@consilium/random'
import sharp from 'sharp'
import { encodeDicomFile } from './dicom-file.ts'
import type { ImageFormat } from './hospital.ts'
import { drawDate, type PatientRecord } from './patient-record.ts'

type Film = ReturnType<typeof createPhantom>

export interface FilmOfPatient {
  readonly film: Film
  readonly patient: PatientRecord
  readonly institution: string
  /** For what only the file has: dates, identifiers. */
  readonly stream: Stream
}

export const extensions = {
  dicom: 'dcm',
  png: 'png',
  jpeg: 'jpg',
} as const satisfies Record<ImageFormat, string>

/** Detectors store 12 of 16 bits. */
const BITS_STORED = 12
const JPEG_QUALITY = 90
const DIGITAL_X_RAY_FOR_PRESENTATION = '1.2.840.10008.5.1.4.1.1.1.1'

export function encodeFilm(format: ImageFormat, of: FilmOfPatient): Promise<Buffer> {
  switch (format) {
    case 'dicom':
      return Promise.resolve(encodeDicom(of))
    case 'png':
      return encodePng(of.film)
    case 'jpeg':
      return encodeJpeg(of.film)
  }
}

/** 16-bit grey. */
const encodePng = ({ width, height, channels, pixels }: Film): Promise<Buffer> =>
  sharp(
    Uint16Array.from(pixels, (x) => Math.round(x * 65535)),
    { raw: { width, height, channels } },
  )
    .toColourspace('grey16')
    .png()
    .toBuffer()

const encodeJpeg = ({ width, height, channels, pixels }: Film): Promise<Buffer> =>
  sharp(
    Uint8Array.from(pixels, (x) => Math.round(x * 255)),
    { raw: { width, height, channels } },
  )
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer()

function encodeDicom({ film, patient, institution, stream }: FilmOfPatient): Buffer {
  const samples = Uint16Array.from(film.pixels, (x) => Math.round(x * (2 ** BITS_STORED - 1)))
  return encodeDicomFile([
    [0x00080005, 'CS', 'ISO_IR 100'],
    [0x00080016, 'UI', DIGITAL_X_RAY_FOR_PRESENTATION],
    [0x00080018, 'UI', drawUid(stream)],
    [0x00080020, 'DA', drawDate(stream, 2019, 6)],
    [0x00080050, 'SH', `A${1_000_000 + stream.integer(9_000_000)}`],
    [0x00080060, 'CS', 'DX'],
    [0x00080080, 'LO', institution],
    [0x00080090, 'PN', 'Thistlewood^Maren'],
    [0x00100010, 'PN', patient.name],
    [0x00100020, 'LO', patient.id],
    [0x00100030, 'DA', patient.birthDate],
    [0x00100040, 'CS', patient.sex],
    [0x00180015, 'CS', 'CHEST'],
    [0x0020000d, 'UI', drawUid(stream)],
    [0x0020000e, 'UI', drawUid(stream)],
    [0x00280002, 'US', film.channels],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', film.height],
    [0x00280011, 'US', film.width],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', BITS_STORED],
    [0x00280102, 'US', BITS_STORED - 1],
    [0x00280103, 'US', 0],
    [0x00280301, 'CS', 'NO'],
    [0x7fe00010, 'OW', new Uint8Array(samples.buffer)],
  ])
}

/** A UID under 2.25, which needs no registration (PS3.5 annex B.2). */
const drawUid = (stream: Stream): string => `2.25.${stream.bits()}${stream.bits()}${stream.bits()}`
