/** Invented patients. They look real on purpose: a test searches everything that leaves a site for them. */
import type { Stream } from '@consilium/random'

export interface PatientRecord {
  readonly id: string
  /** Family^Given, as DICOM writes names. */
  readonly name: string
  /** YYYYMMDD */
  readonly birthDate: string
  readonly sex: 'F' | 'M'
}

const FAMILIES = [
  'Abendroth', 'Albrecht', 'Bellweather', 'Castellani', 'Dombrowski', 'Eriksdottir', 'Fernandes', 'Grünwald',
  'Haugland', 'Ivanova', 'Jankauskas', 'Kowalczyk', 'Lindqvist', 'Marchetti', 'Nakamura', 'Okonkwo', 'Pemberton',
  'Quispe', 'Rautio', 'Schellenberg', 'Tavares', 'Uzunova', 'Villanueva', 'Wetherby', 'Yamashiro', 'Zielinski',
] // prettier-ignore

const GIVEN_NAMES = {
  F: ['Adelheid', 'Beatrix', 'Cosima', 'Dorothea', 'Elspeth', 'Florentina', 'Greta', 'Henrietta', 'Ottilie', 'Ysolde'],
  M: ['Alaric', 'Bartholomew', 'Cornelius', 'Diedrich', 'Ephraim', 'Ferdinand', 'Gottlieb', 'Horatio', 'Leopold', 'Walther'],
} // prettier-ignore

export function drawPatientRecord(stream: Stream, id: string): PatientRecord {
  const sex = stream.chance(0.5) ? 'F' : 'M'
  const family = FAMILIES[stream.integer(FAMILIES.length)]!
  const given = GIVEN_NAMES[sex][stream.integer(GIVEN_NAMES[sex].length)]!
  return { id, name: `${family}^${given}`, birthDate: drawDate(stream, 1931, 60), sex }
}

/** A day in the given span of years, YYYYMMDD. */
export function drawDate(stream: Stream, firstYear: number, years: number): string {
  const year = firstYear + stream.integer(years)
  const month = String(1 + stream.integer(12)).padStart(2, '0')
  const day = String(1 + stream.integer(28)).padStart(2, '0')
  return `${year}${month}${day}`
}
