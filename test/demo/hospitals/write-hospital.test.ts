import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { loadData, parseDataSource } from '@consilium/site-agent'
import { hospitals } from './hospital.ts'
import { writeHospital } from './write-hospital.ts'

const FILMS = 8

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'consilium-hospital-'))
})

afterEach(() => rm(folder, { recursive: true }))

const load = (source: string) =>
  loadData(parseDataSource(source), { shape: { size: 32, channels: 1 } })

test.each([
  [hospitals[0], 'DICOM, grey, 12-bit'],
  [hospitals[1], 'PNG, grey, 16-bit'],
  [hospitals[2], 'JPEG, RGB, 8-bit'],
])('a site reads all films of $site.name', async (hospital, format) => {
  const { report } = await load(await writeHospital({ hospital, folder, films: FILMS }))
  expect(report.formats).toEqual({ [format]: FILMS })
  expect(report.skipped).toEqual([])
  expect(report.labelProblems.count).toBe(0)
  expect(report.classes.every(({ name }) => ['healthy', 'opacity'].includes(name))).toBe(true)
})

test('the same recipe gives the same bytes', async () => {
  const [first, second] = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const target = await writeHospital({
        hospital: hospitals[0],
        folder: path.join(folder, name),
        films: 3,
      })
      const files = (await readdir(target)).sort()
      return Promise.all(files.map((file) => readFile(path.join(target, file), 'base64')))
    }),
  )
  expect(first).toEqual(second)
})

test('what is there is not drawn again, what was interrupted is drawn anew', async () => {
  const options = { hospital: hospitals[1], folder, films: 2 }
  const target = await writeHospital(options)
  const before = await stat(path.join(target, 'labels.csv'))
  const drawn: number[] = []
  await writeHospital({ ...options, onFilm: (done) => drawn.push(done) })
  expect(drawn).toEqual([])
  expect((await stat(path.join(target, 'labels.csv'))).mtimeMs).toBe(before.mtimeMs)

  await rm(`${target}.json`)
  await writeFile(path.join(target, 'STA-half.png'), 'half a film')
  await writeHospital({ ...options, onFilm: (done) => drawn.push(done) })
  expect(drawn).toEqual([1, 2])
  expect(await readdir(target)).not.toContain('STA-half.png')
})

test('files hold the names of their patients, as those of hospitals do', async () => {
  const target = await writeHospital({ hospital: hospitals[0], folder, films: 1 })
  const [file] = (await readdir(target)).filter((name) => name.endsWith('.dcm'))
  const [id] = file!.split('_')
  const text = await readFile(path.join(target, file!), 'latin1')
  expect(text).toContain(id)
  expect(text).toMatch(/PN..[A-Z][a-zü]+\^[A-Z][a-z]+/)
})
