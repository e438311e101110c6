import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { useFederations } from '../e2e/support/federation.ts'
import { makeImage, writeFile, writeImages } from '../e2e/support/images.ts'
import { tinyPlan } from '../e2e/support/tiny-plan.ts'

const { newFolder, newFederation, start } = useFederations()

/** Path and content of every file of a folder. */
const contentOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`)
    .sort()

async function trainedSite() {
  const federation = newFederation()
  await federation.serve(tinyPlan({ rounds: 1 }))
  const site = federation.site('bern', { data: await writeImages(newFolder(), 16) })
  expect((await site.ended).code).toBe(0)
  return federation.stateFolderOf('bern')
}

test('images that are truncated, empty or no images are counted, named on stderr alone, and the run goes on', async () => {
  const federation = newFederation()
  await federation.serve(tinyPlan({ rounds: 1 }))
  const data = await writeImages(newFolder(), 16)
  const jpeg = await makeImage(1, { format: 'jpeg', width: 64 })
  const png = await makeImage(2, { width: 64 })
  const bad = {
    'cut-in-half.jpg': jpeg.subarray(0, jpeg.length / 2),
    'cut-in-half.png': png.subarray(0, png.length / 2),
    'empty.png': '',
    'report.png': 'No acute cardiopulmonary process.',
    'cut-in-half.dcm': Buffer.concat([Buffer.alloc(128), Buffer.from('DICM\x02\x00')]),
  }
  for (const [name, content] of Object.entries(bad)) writeFile(join(data, 'ill', name), content)

  const { code, events, stdout, stderr } = await federation.site('bern', { data }).ended
  expect(code).toBe(0)
  const preflight = events.find(({ event }) => event === 'preflight')
  const skipped = preflight?.['skipped'] as readonly { count: number }[]
  expect(preflight).toMatchObject({ images: 16 })
  expect(skipped.reduce((sum, { count }) => sum + count, 0)).toBe(Object.keys(bad).length)
  for (const name of Object.keys(bad)) {
    expect(stderr).toContain(`    ill/${name}\n`)
    expect(stdout).not.toContain(name)
  }
  expect(events.at(-1)).toMatchObject({ event: 'release' })
})

test('a folder without images is one clear sentence, and nothing is sent or kept', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan())
  const data = newFolder()
  writeFile(join(data, 'notes.txt'), 'The films are on the other disk.')

  const { code, last, stderr } = await federation.site('bern', { data }).ended
  expect([code, last]).toMatchObject([3, { event: 'error', code: 'DATA_NO_IMAGES' }])
  expect(stderr).toContain(`Error DATA_NO_IMAGES: '${data}' has no image that can be used.`)
  expect(stderr).not.toContain('    at ')
  expect(contentOf(federation.stateFolderOf('bern'))).toEqual([])
  expect((await coordinator.view()).sites).toEqual([])
})

test('an evaluation without images, without labels or with one class says so and leaves the state folder as it was', async () => {
  const state = await trainedSite()
  const before = contentOf(state)
  const folders = {
    DATA_NO_IMAGES: newFolder(),
    DATA_NO_LABELS: newFolder(),
    DATA_ONE_CLASS: newFolder(),
  }
  for (let i = 0; i < 6; i += 1) {
    const image = await makeImage(i)
    writeFile(join(folders.DATA_NO_LABELS, `${i}.png`), image)
    writeFile(join(folders.DATA_ONE_CLASS, 'ill', `${i}.png`), image)
  }
  mkdirSync(join(folders.DATA_NO_IMAGES, 'ill'))

  for (const [expected, data] of Object.entries(folders)) {
    const args = ['evaluate', '--data', data, '--state', state, '--no-alone', '--json']
    const { code, last, stderr } = await start('consilium-site', args).ended
    expect([code, last]).toMatchObject([3, { event: 'error', code: expected }])
    expect(stderr.split('\n').filter((line) => line.startsWith('Error'))).toHaveLength(1)
    expect(contentOf(state)).toEqual(before)
  }
})
