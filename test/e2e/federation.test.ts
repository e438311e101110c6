import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeSafetensors, sha256 } from '@consilium/weights'
import { useFederations } from './support/federation.ts'
import { makeNpz, writeFile, writeImages } from './support/images.ts'
import { tinyPlan } from './support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()
const ROUNDS = 3

test('three hospitals with images of three kinds end with the backbone that the coordinator publishes', async () => {
  const npz = join(newFolder(), 'films.npz')
  writeFile(npz, makeNpz(48))
  const data = {
    bern: await writeImages(newFolder(), 30, { seed: 1 }),
    oslo: await writeImages(newFolder(), 30, { seed: 2, format: 'png16' }),
    rome: `${npz}#split=2/2,seed=3`,
  }
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan({ sites: 3, rounds: ROUNDS }))
  const names = Object.keys(data)
  const sites = Object.entries(data).map(([name, source]) =>
    federation.site(name, { data: source }),
  )
  const ends = await Promise.all(sites.map(({ ended }) => ended))
  expect(ends.map(({ code, stderr }) => [code, stderr.includes('Error')])).toEqual(
    names.map(() => [0, false]),
  )

  const published = await coordinator.event('finished')
  for (const name of names) {
    const backbone = readFileSync(join(federation.stateFolderOf(name), 'backbone.safetensors'))
    expect(sha256(backbone)).toBe(published['sha256'])
    expect([...decodeSafetensors(backbone).arrays.keys()].every(isBackbone)).toBe(true)
  }
  const models = await coordinator.models()
  expect(models.map(({ kind }) => kind)).toEqual(['initial', 'round', 'round', 'round', 'release'])
  expect(models.at(-1)).toMatchObject({ sha256: published['sha256'], rounds: ROUNDS, sites: names })
  const last = models.at(-2)
  expect(last).toMatchObject({ contributors: names.map((site) => ({ site })) })
})

const isBackbone = (name: string): boolean => name.startsWith('backbone/')

test('a parameter costs four bytes in each direction, and the header of the file', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan({ rounds: ROUNDS }))
  const data = await writeImages(newFolder(), 16)
  const end = await federation.site('bern', { data }).ended
  await coordinator.eventsUpTo(ROUNDS + 1, 'model-downloaded')

  const update = readFileSync(join(federation.stateFolderOf('bern'), 'update.safetensors'))
  const headerBytes = 8 + Number(update.readBigUInt64LE(0))
  const { wire } = await coordinator.view()
  expect(update.length).toBe(4 * wire.parameters + headerBytes)
  expect(end.events.filter(({ event }) => event === 'uploaded').map((e) => e['bytes'])).toEqual(
    Array.from({ length: ROUNDS }, () => update.length),
  )
  expect(wire).toMatchObject({ updates: ROUNDS, bytesUp: ROUNDS * update.length })
  expect(wire.bytesPerParameterUp).toBe(update.length / wire.parameters)

  // The model of the last round is fetched as the backbone that is cut from it.
  const models = await coordinator.models()
  const fetched = models.filter((_, i) => i !== ROUNDS)
  const total = (of: 'bytes' | 'parameters') => fetched.reduce((sum, model) => sum + model[of], 0)
  expect(wire).toMatchObject({ downloads: ROUNDS + 1, bytesDown: total('bytes') })
  expect(wire.bytesPerParameterDown).toBe(total('bytes') / total('parameters'))
})
