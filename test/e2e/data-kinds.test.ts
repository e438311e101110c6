import { join } from 'node:path'
import { useFederations } from './support/federation.ts'
import { makeImage, writeFile, writeImages, type ImageChoice } from './support/images.ts'
import type { Ended } from './support/processes.ts'
import { tinyPlan } from './support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()

async function trainOn(data: string): Promise<Ended> {
  const federation = newFederation()
  await federation.serve(tinyPlan({ rounds: 2, localEpochs: 2 }))
  return await federation.site('bern', { data }).ended
}

test('one folder of grey and colour images of 8 and 16 bits in several sizes trains', async () => {
  const data = newFolder()
  const kinds: readonly ImageChoice[] = [
    { format: 'png', width: 16 },
    { format: 'png', width: 40, height: 25 },
    { format: 'png16', width: 33 },
    { format: 'rgb png', width: 12 },
    { format: 'jpeg', width: 64, height: 20 },
  ]
  for (const [i, kind] of kinds.entries())
    await writeImages(join(data, String(i)), 6, { ...kind, seed: i })

  const { code, events } = await trainOn(data)
  expect(code).toBe(0)
  expect(events.find(({ event }) => event === 'preflight')).toMatchObject({
    images: 30,
    skipped: [],
    formats: {
      'PNG, grey, 8-bit': 12,
      'PNG, grey, 16-bit': 6,
      'PNG, RGB, 8-bit': 6,
      'JPEG, RGB, 8-bit': 6,
    },
  })
  expect(events.at(-1)).toMatchObject({ event: 'release' })
})

test('a site with fewer images than a batch trains with what it has, one step for each epoch', async () => {
  const data = newFolder()
  for (let i = 0; i < 3; i += 1) writeFile(join(data, `${i}.png`), await makeImage(i))

  const { code, events } = await trainOn(data)
  expect(code).toBe(0)
  const progress = events.filter(({ event }) => event === 'progress')
  expect(progress.map(({ round, step, steps }) => [round, step, steps])).toEqual(
    expect.arrayContaining([
      [1, 2, 2],
      [2, 2, 2],
    ]),
  )
  expect(events.filter(({ event }) => event === 'uploaded')).toHaveLength(2)
})
