/**
 * A hospital's private films as files on disk, with `labels.csv`. Written once: the recipe is stored beside the folder
 * as the last step, so an interrupted generation starts over and a changed recipe is written again.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createPhantom, drawPatient } from '@consilium/phantoms'
import { createStream, type Stream } from '@consilium/random'
import { writeFileWhole } from '../write-file-whole.ts'
import { encodeFilm, extensions } from './encode-film.ts'
import type { Hospital } from './hospital.ts'
import { drawPatientRecord, type PatientRecord } from './patient-record.ts'

/** Raise it when the phantoms change: films on disk are then drawn again. */
const PHANTOMS = 1
const SEED = 2023
const MOST_FILMS_PER_PATIENT = 3
const UNLABELLED_SHARE = 0.1
/** Films encoded and written at the same time. */
const FILMS_AT_ONCE = 8

export interface WriteHospitalOptions {
  readonly hospital: Hospital
  /** Gets a sub-folder with the name of the site. */
  readonly folder: string
  readonly films: number
  readonly onFilm?: (done: number) => void
}

/** Returns the folder of films, written now or by an earlier call with the same recipe. */
export async function writeHospital(options: WriteHospitalOptions): Promise<string> {
  const { hospital, folder, films } = options
  const target = path.join(folder, hospital.site.name)
  const recipeFile = `${target}.json`
  const recipe = JSON.stringify({ phantoms: PHANTOMS, seed: SEED, films, ...hospital })
  if ((await readIfThere(recipeFile)) === recipe) return target
  await rm(recipeFile, { force: true })
  await rm(target, { recursive: true, force: true })
  await mkdir(target, { recursive: true })
  await writeFilms(target, options)
  await writeFileWhole(recipeFile, recipe)
  return target
}

async function writeFilms(
  target: string,
  { hospital, films, onFilm }: WriteHospitalOptions,
): Promise<void> {
  const shots = drawShots(hospital, films)
  const queue = shots.values()
  let done = 0
  const write = async (): Promise<void> => {
    for (const shot of queue) {
      await writeFile(path.join(target, shot.file), await encodeShot(hospital, shot))
      done += 1
      onFilm?.(done)
    }
  }
  await Promise.all(Array.from({ length: FILMS_AT_ONCE }, write))
  const rows = shots.map(({ file, label, patient }) => `${file},${label},${patient.id}`)
  await writeFile(path.join(target, 'labels.csv'), ['file,label,patient', ...rows, ''].join('\n'))
}

/** One film to be taken. */
interface Shot {
  readonly file: string
  readonly patient: PatientRecord
  readonly diseased: boolean
  /** Empty where nobody has read the film. */
  readonly label: 'healthy' | 'opacity' | ''
  /** Which film of its patient, from 1. */
  readonly number: number
}

function drawShots({ site, initials, format }: Hospital, films: number): readonly Shot[] {
  const shots: Shot[] = []
  for (let n = 1; shots.length < films; n += 1) {
    const stream = streamOf(site.name, 'patient', n)
    const id = `${initials}-${String(n).padStart(4, '0')}${100 + stream.integer(900)}`
    const patient = drawPatientRecord(stream, id)
    const diseased = stream.chance(site.prevalence)
    const count = Math.min(1 + stream.integer(MOST_FILMS_PER_PATIENT), films - shots.length)
    for (let number = 1; number <= count; number += 1) {
      const label = stream.chance(UNLABELLED_SHARE) ? '' : diseased ? 'opacity' : 'healthy'
      shots.push({
        file: `${id}_${number}.${extensions[format]}`,
        patient,
        diseased,
        label,
        number,
      })
    }
  }
  return shots
}

function encodeShot({ site, format }: Hospital, shot: Shot): Promise<Buffer> {
  const { patient, diseased, number } = shot
  const anatomy = drawPatient(streamOf(site.name, 'anatomy', patient.id))
  const film = createPhantom(
    streamOf(site.name, 'film', patient.id, number),
    site,
    diseased,
    anatomy,
  )
  const stream = streamOf(site.name, 'file', patient.id, number)
  const institution = `${site.name[0]!.toUpperCase()}${site.name.slice(1)} Hospital`
  return encodeFilm(format, { film, patient, institution, stream })
}

const streamOf = (...names: readonly (string | number)[]): Stream => createStream(SEED, ...names)

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
