import { createStream } from '@consilium/random'
import { createPhantom } from './create-phantom.ts'
import { drawPatient } from './patient.ts'
import { phantomSites } from './phantom-site.ts'

const sites = Object.values(phantomSites)

test('the same stream gives the same film, another stream another', () => {
  const film = (name: number): Float32Array =>
    createPhantom(createStream(1, name), phantomSites.riverside, true).pixels
  expect(film(1)).toEqual(film(1))
  expect(film(2)).not.toEqual(film(1))
})

test.each(sites)('$name gives 128 px films with values in 0..1', (site) => {
  const { width, height, channels, pixels } = createPhantom(createStream(2, site.name), site, false)
  expect([width, height, channels]).toEqual([128, 128, site.tint === undefined ? 1 : 3])
  expect(pixels).toHaveLength(width * height * channels)
  expect(pixels.every((x) => x >= 0 && x <= 1)).toBe(true)
})

test('scanned films are warm: more red than blue everywhere', () => {
  const { pixels } = createPhantom(createStream(3), phantomSites.northgate, false)
  for (let i = 0; i < pixels.length; i += 3) expect(pixels[i]!).toBeGreaterThan(pixels[i + 2]!)
})

test('lungs are darker than the heart between them', () => {
  const meanOf = (x: number, y: number): number => {
    let sum = 0
    for (let i = 0; i < 8; i += 1) {
      sum += createPhantom(createStream(4, i), phantomSites.riverside, false).pixels[y * 128 + x]!
    }
    return sum / 8
  }
  expect(meanOf(64, 72)).toBeGreaterThan(meanOf(36, 50) + 0.2)
})

test('two films of one patient show the same build in another stance', () => {
  const patient = drawPatient(createStream(5, 'patient'))
  const film = (i: number): Float32Array =>
    createPhantom(createStream(5, 'film', i), phantomSites.riverside, false, patient).pixels
  expect(film(1)).not.toEqual(film(2))
  expect(film(1)).toEqual(film(1))
})

test('the disease changes the film only where opacities are', () => {
  const film = (diseased: boolean): Float32Array =>
    createPhantom(createStream(6), { ...phantomSites.riverside, noise: 0 }, diseased).pixels
  const healthy = film(false)
  const changed = film(true).filter((x, i) => Math.abs(x - healthy[i]!) > 0.01).length
  expect(changed).toBeGreaterThan(200)
  expect(changed).toBeLessThan(0.4 * healthy.length)
})
