import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { makeDicom } from '../testing/make-dicom.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { greyPng, writeImages } from '../testing/write-images.ts'
import { loadData } from './load-data.ts'
import type { LoadedData } from './loaded-data.ts'
import { parseDataSource } from './parse-data-source.ts'

const newFolder = temporaryFolders()
const shape = { size: 4, channels: 1 } as const

type Files = Parameters<typeof writeImages>[1]

async function load(files: Files): Promise<LoadedData> {
  const folder = await newFolder()
  await writeImages(folder, files)
  return await loadData(parseDataSource(folder), { shape })
}

/** Label and split by the first pixel, which tells the images apart. */
const found = ({ dataset }: LoadedData): Record<number, string> =>
  Object.fromEntries(
    Array.from(dataset.labels, (label, i) => [
      dataset.pixels[16 * i]! / 257,
      `${dataset.classes[label] ?? '-'} ${['train', 'validation', 'test'][dataset.splits[i]!]!}`,
    ]),
  )

test('sub-folders are classes; `unlabelled` and the top level are not', async () => {
  const loaded = await load({
    'ill/a.png': 1,
    'ill/deep/b.png': 2,
    'clear/c.png': 3,
    'unlabelled/d.png': 4,
    'e.png': 5,
  })
  expect(loaded.dataset.classes).toEqual(['clear', 'ill'])
  expect(found(loaded)).toMatchObject({ 3: 'clear train', 4: '- train', 5: '- train' })
  expect([found(loaded)[1], found(loaded)[2]].sort()).toEqual(['ill test', 'ill train'])
})

test('labels.csv decides labels and splits where it is there', async () => {
  const csv = 'file,label,split\na.png,ill,test\nx/b.png,clear,train\nc.png,,validation\n'
  const loaded = await load({ 'labels.csv': csv, 'a.png': 1, 'x/b.png': 2, 'c.png': 3, 'd.png': 4 })
  expect(found(loaded)).toEqual({
    1: 'ill test',
    2: 'clear train',
    3: '- validation',
    4: '- train',
  })
})

test('rows of labels.csv that cannot be used are reported by line', async () => {
  const csv =
    'file,label,split\na.png,ill,test\na.png,clear,train\nb.png,ill,train\na.png\na.png,ill,dev\n'
  const { report } = await load({ 'labels.csv': csv, 'a.png': 1 })
  expect(report.labelProblems).toEqual({
    count: 4,
    shown: [
      "labels.csv line 3: 'a.png' is there twice, the first row counts",
      "labels.csv line 4: no file 'b.png'",
      'labels.csv line 5: 1 fields, the header has 3',
      "labels.csv line 6: split 'dev' is none of train, validation, test",
    ],
  })
})

test('a labels.csv without the header is reported and no label is taken from it', async () => {
  const { report, dataset } = await load({ 'labels.csv': 'a.png,ill\n', 'a.png': 1 })
  expect([...dataset.labels]).toEqual([-1])
  expect(report.labelProblems.shown[0]).toContain("'file' and 'label'")
})

test('a patient is in one split only', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `${i}.png`)
  const csv = ['file,label,patient', ...names.map((name, i) => `${name},ill,p${i % 4}`)].join('\n')
  const loaded = await load({
    'labels.csv': csv,
    ...Object.fromEntries(names.map((name, i) => [name, i])),
  })
  const splitsOf = (patient: number) => new Set([0, 4, 8].map((i) => found(loaded)[patient + i]))
  expect([0, 1, 2, 3].map((patient) => splitsOf(patient).size)).toEqual([1, 1, 1, 1])
  expect(Object.values(found(loaded)).filter((x) => x === 'ill test')).toHaveLength(3)
})

test('a split column that tears a patient apart is reported', async () => {
  const csv = 'file,label,patient,split\na.png,ill,p1,train\nb.png,ill,p1,test\n'
  const { report } = await load({ 'labels.csv': csv, 'a.png': 1, 'b.png': 2 })
  expect(report.labelProblems.shown[0]).toMatch(
    /patient 'p1' is in the splits (train and test|test and train)/,
  )
})

test('the same image again is dropped, the labelled copy stays, another label is reported', async () => {
  const { dataset, report } = await load({
    'z.png': 1,
    'ill/b.png': 1,
    'clear/a.png': 1,
    'clear/c.png': 2,
  })
  expect(dataset.labels).toHaveLength(2)
  expect(report.duplicates).toBe(2)
  expect(report.labelProblems.shown).toEqual([
    "'ill/b.png' is the same image as 'clear/a.png' with another label",
  ])
})

test('names within a class do not change the result', async () => {
  const first = await load({ 'ill/1.png': 1, 'ill/2.png': 2, 'ill/3.png': 3, 'clear/1.png': 9 })
  const renamed = await load({ 'clear/x.png': 9, 'ill/c.png': 1, 'ill/a.png': 2, 'ill/b.png': 3 })
  expect(renamed.dataset).toEqual(first.dataset)
})

test('formats and sizes may be mixed: PNG and multi-frame DICOM in one folder', async () => {
  const frames = Uint16Array.from({ length: 2 * 64 }, (_, i) => (i * i) % 997)
  const dicom = makeDicom({
    rows: 8,
    columns: 8,
    frames: 2,
    pixelData: new Uint8Array(frames.buffer),
  })
  const { dataset, report } = await load({ 'a.png': 1, 'b.dcm': dicom })
  expect(dataset.labels).toHaveLength(3)
  expect(report.formats).toEqual({ 'DICOM, grey, 12-bit': 2, 'PNG, grey, 8-bit': 1 })
})

test('files that cannot be used are named with the reason, and the rest is used', async () => {
  const whole = await greyPng(7)
  const { report } = await load({
    'a.png': 1,
    'b.png': whole.subarray(0, whole.length - 20),
    'c.png': 'no picture',
    'notes.txt': 'hello',
    '.hidden': 'not even looked at',
  })
  expect(report.images).toBe(1)
  expect(report.skipped.flatMap(({ paths }) => paths).sort()).toEqual([
    'b.png',
    'c.png',
    'notes.txt',
  ])
  expect(report.skipped.find(({ paths }) => paths[0] === 'b.png')!.reason).toMatch(
    /^unreadable PNG/,
  )
})

test('a link in a circle is not followed', async () => {
  const folder = await newFolder()
  await writeImages(folder, { 'a/a.png': 1 })
  await symlink(folder, path.join(folder, 'a', 'up'))
  const { report } = await loadData(parseDataSource(folder), { shape })
  expect(report.images).toBe(1)
  expect(report.skipped).toEqual([
    { reason: 'a link to a folder, or no regular file', count: 1, paths: ['a/up'] },
  ])
})

test('a folder that is not there is refused', async () => {
  await expect(loadData(parseDataSource('/nowhere/films'), { shape })).rejects.toMatchObject({
    code: 'DATA_NOT_FOUND',
  })
})

test('reading stops when it is cancelled', async () => {
  const folder = await newFolder()
  await writeImages(folder, { 'a.png': 1, 'b.png': 2, 'c.png': 3 })
  const controller = new AbortController()
  const seen: number[] = []
  const loading = loadData(parseDataSource(folder), {
    shape,
    signal: controller.signal,
    onProgress: ({ done }) => {
      seen.push(done)
      controller.abort(new Error('stop'))
    },
  })
  await expect(loading).rejects.toThrow('stop')
  expect(seen[0]).toBe(1)
})
