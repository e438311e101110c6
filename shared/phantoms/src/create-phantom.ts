/**
 * A procedural chest film: crude, but with what makes the real task hard. Patients differ in build and stand differently, films carry
 * devices and old scars, sites differ as real ones do, and the disease is a texture, not a brightness.
 */
import type { Stream } from '@consilium/random'
import { develop, type Image } from './detector.ts'
import { paintDistractors } from './distractors.ts'
import { createFilm, type Pose } from './film.ts'
import { paintOpacities } from './opacity.ts'
import { drawPatient } from './patient.ts'
import type { PhantomSite } from './phantom-site.ts'
import { paintThorax } from './thorax.ts'
import { paintVessels } from './vessels.ts'

/** Draws everything from `stream`: the same stream gives the same film. `patient` is who is on it, for several films of one. */
export function createPhantom(
  stream: Stream,
  site: PhantomSite,
  diseased: boolean,
  patient = drawPatient(stream),
): Image {
  const film = createFilm(drawPose(stream, site))
  paintThorax(film, patient)
  paintVessels(film, patient, stream)
  paintOpacities(film, patient, { diseased, stream })
  paintDistractors(film, patient, stream)
  return develop(film.thickness, site, stream)
}

const drawPose = (stream: Stream, { zoom }: PhantomSite): Pose => ({
  shiftU: stream.uniform(-0.1, 0.1),
  shiftV: stream.uniform(-0.1, 0.1),
  rotation: stream.uniform(-0.12, 0.12),
  scale: zoom * stream.uniform(0.9, 1.12),
})
