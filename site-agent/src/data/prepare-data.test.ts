import { readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { writeImages } from '../testing/write-images.ts'
import { readDataset } from './dataset-file.ts'
import { parseDataSource } from './parse-data-source.ts'
import { prepareData } from './prepare-data.ts'

const newFolder = temporaryFolders()
const shape = { size: 4, channels: 1 } as const

async function site() {
  const films = await newFolder()
  const folder = path.join(await newFolder(), 'dataset')
  await writeImages(films, { 'ill/a.png': 1, 'ill/b.png': 2, 'clear/c.png': 3, 'clear/d.png': 4 })
  const prepare = (size = 4) =>
    prepareData(parseDataSource(films), { folder, shape: { ...shape, size } })
  return { films, folder, prepare }
}

test('the data set is written for the trainer and reads back equal', async () => {
  const { folder, prepare } = await site()
  const { dataset } = await prepare()
  expect(await readDataset(folder)).toEqual(dataset)
})

test('only the account of the agent can read it, and no file of the source is named in it', async () => {
  const { folder, prepare } = await site()
  await prepare()
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  for (const file of await readdir(folder))
    expect((await stat(path.join(folder, file))).mode & 0o777).toBe(0o600)
  expect(await readFile(path.join(folder, 'dataset.json'), 'utf8')).not.toContain('.png')
})

test('a second run starts from the data set of the first', async () => {
  const { prepare } = await site()
  const first = await prepare()
  const second = await prepare()
  expect([first.fresh, second.fresh]).toEqual([true, false])
  expect(second.dataset).toEqual(first.dataset)
  expect(second.report).toEqual(first.report)
})

test('another size, a changed file or a new file makes it again', async () => {
  const { films, prepare } = await site()
  await prepare()
  expect((await prepare(2)).fresh).toBe(true)
  await utimes(path.join(films, 'ill/a.png'), new Date(0), new Date(0))
  expect((await prepare(2)).fresh).toBe(true)
  await writeImages(films, { 'ill/new.png': 9 })
  expect((await prepare(2)).report.images).toBe(5)
})

test('a damaged data set is made again', async () => {
  const { folder, prepare } = await site()
  const { dataset } = await prepare()
  await truncate(path.join(folder, 'pixels.bin'), 10)
  await expect(readDataset(folder)).rejects.toMatchObject({ code: 'DATA_CACHE_CORRUPT' })
  expect(await prepare()).toMatchObject({ fresh: true, dataset })
  await writeFile(path.join(folder, 'pixels.bin'), new Uint8Array(4 * 16 * 2))
  await expect(readDataset(folder)).rejects.toMatchObject({ code: 'DATA_CACHE_CORRUPT' })
})

test('data that is refused leaves nothing behind', async () => {
  const films = await newFolder()
  const folder = path.join(await newFolder(), 'dataset')
  await writeImages(films, { 'notes.txt': 'no image' })
  const preparing = prepareData(parseDataSource(films), { folder, shape })
  await expect(preparing).rejects.toMatchObject({ code: 'DATA_NO_IMAGES' })
  await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' })
})
