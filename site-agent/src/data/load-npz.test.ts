import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { bytesArray, makeNpz, type ArrayToWrite } from '../testing/make-npz.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { loadData } from './load-data.ts'
import type { LoadedData } from './loaded-data.ts'
import { parseDataSource } from './parse-data-source.ts'

const newFolder = temporaryFolders()
const shape = { size: 2, channels: 1 } as const

/** `count` images of 2 x 2 pixels, all of value first, first + 1, ... */
const images = (count: number, first: number): ArrayToWrite =>
  bytesArray(
    [count, 2, 2],
    Array.from({ length: 4 * count }, (_, i) => first + Math.floor(i / 4)),
  )

const file = {
  train_images: images(4, 0),
  train_labels: bytesArray([4, 1], [0, 1, 0, 1]),
  train_sites: bytesArray([4], [0, 0, 1, 1]),
  val_images: images(1, 10),
  val_labels: bytesArray([1, 1], [0]),
  val_sites: bytesArray([1], [1]),
  test_images: images(2, 20),
  test_labels: bytesArray([2, 1], [1, 0]),
  test_sites: bytesArray([2], [0, 1]),
}

async function load(
  arrays: Record<string, ArrayToWrite>,
  selection = '',
  sidecar?: unknown,
): Promise<LoadedData> {
  const folder = await newFolder()
  const npz = path.join(folder, 'films.npz')
  await writeFile(npz, makeNpz(arrays))
  if (sidecar !== undefined)
    await writeFile(path.join(folder, 'films.json'), JSON.stringify(sidecar))
  return await loadData(parseDataSource(`${npz}${selection}`), { shape })
}

const firstPixels = ({ dataset }: LoadedData): number[] =>
  Array.from(dataset.labels, (_, i) => dataset.pixels[4 * i]! / 257)

test('official splits, labels and pixels are kept', async () => {
  const loaded = await load(file)
  expect(firstPixels(loaded)).toEqual([0, 1, 2, 3, 10, 20, 21])
  expect([...loaded.dataset.splits]).toEqual([0, 0, 0, 0, 1, 2, 2])
  expect([...loaded.dataset.labels]).toEqual([0, 1, 0, 1, 0, 1, 0])
  expect(loaded.dataset.classes).toEqual(['0', '1'])
  expect(loaded.report.formats).toEqual({ 'NPZ, grey, 8-bit': 7 })
})

test('parts of the file hold every image once', async () => {
  const parts = await Promise.all(
    [1, 2].map((part) => load(file, `#split=${part}/2,skew=dirichlet:1,seed=3`)),
  )
  expect(parts.flatMap(firstPixels).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 10, 20, 21])
})

test('one site is chosen by its name in the sidecar, or by its number', async () => {
  const names = { sites: ['oslo', 'bergen'], labels: ['clear', 'ill'] }
  const byName = await load(file, '#site=bergen', names)
  expect(firstPixels(byName)).toEqual([2, 3, 10, 21])
  expect(byName.dataset.classes).toEqual(['clear', 'ill'])
  expect(firstPixels(await load(file, '#site=1'))).toEqual([2, 3, 10, 21])
})

test('a site that the file does not have is refused with the names it has', async () => {
  await expect(load(file, '#site=rome', { sites: ['oslo', 'bergen'] })).rejects.toMatchObject({
    code: 'NPZ_UNKNOWN_SITE',
    message: expect.stringContaining('oslo, bergen') as string,
  })
})

test('images without labels, and labels below zero, are unlabelled', async () => {
  const labels = { shape: [2], dtype: '<i8', data: BigInt64Array.of(-1n, 0n) }
  const { dataset } = await load({
    train_images: images(2, 0),
    train_labels: labels,
    test_images: images(1, 5),
  })
  expect([...dataset.labels]).toEqual([-1, 0, -1])
})

test('an image with a value that is not finite is left out and named', async () => {
  const data = Float32Array.of(0, 1, 2, 3, 0, NaN, 0, 0)
  const { dataset, report } = await load({ train_images: { shape: [2, 2, 2], dtype: '<f4', data } })
  expect([...dataset.pixels]).toEqual([0, 21845, 43690, 65535])
  expect(report.skipped).toEqual([
    { reason: 'values that are not finite', count: 1, paths: ['train_images[1]'] },
  ])
})

test.each([
  ['no images', { train_labels: bytesArray([1], [0]) }, 'no train_images'],
  [
    'volumes',
    {
      train_images: bytesArray(
        [1, 2, 2, 2],
        Array.from({ length: 8 }, () => 0),
      ),
    },
    '[1, 2, 2, 2]',
  ],
  [
    'several labels',
    { ...file, train_labels: bytesArray([4, 2], [0, 0, 0, 0, 0, 0, 0, 0]) },
    'several labels',
  ],
  [
    'too few labels',
    { ...file, test_labels: bytesArray([1], [0]) },
    'test_labels has shape [1] for 2 images',
  ],
  [
    'broken labels',
    { ...file, val_labels: { shape: [1], dtype: '<f4', data: Float32Array.of(0.5) } },
    'holds 0.5',
  ],
])('%s in the file are refused with what was found', async (_, arrays, problem) => {
  await expect(load(arrays)).rejects.toMatchObject({
    code: 'NPZ_CONTENT',
    message: expect.stringContaining(problem) as string,
  })
})

test('a file that is missing, cut off or no zip is refused', async () => {
  const folder = await newFolder()
  const npz = path.join(folder, 'films.npz')
  const read = () => loadData(parseDataSource(npz), { shape })
  await expect(read()).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
  await writeFile(npz, makeNpz(file).subarray(0, 300))
  await expect(read()).rejects.toMatchObject({ code: 'NPZ_FORMAT' })
  await writeFile(npz, 'no zip')
  await expect(read()).rejects.toMatchObject({ code: 'NPZ_FORMAT' })
})
