import {
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createModelCache, type ModelCache } from './model-cache.ts'

const model = new TextEncoder().encode('a model')
const another = new TextEncoder().encode('another model')
const SETTING = 'blocks of 16'

let folder: string
let cache: ModelCache
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'consilium-models-'))
  cache = createModelCache(folder, SETTING)
})
afterEach(() => rm(folder, { recursive: true }))

const entries = async (): Promise<string[]> =>
  (await readdir(path.join(folder, 'models'))).map((file) => path.join(folder, 'models', file))

/** As if ONNX Runtime had optimised `model` to `optimised`. */
const remember = (of: Uint8Array, optimised: string): Promise<string | undefined> =>
  cache.remember(of, async (file) => {
    await writeFile(file, optimised)
    return 'loaded'
  })

const recalled = async (of: Uint8Array): Promise<string | undefined> => {
  const known = await cache.recall(of)
  return known === undefined ? undefined : new TextDecoder().decode(known)
}

test('the optimised form of a model is known by the bytes of the model and by nothing else', async () => {
  expect(await recalled(model)).toBeUndefined()
  expect(await remember(model, 'optimised')).toBe('loaded')
  expect(await recalled(model)).toBe('optimised')
  expect(await recalled(another)).toBeUndefined()
})

test('another setting knows nothing of it', async () => {
  await remember(model, 'optimised')
  expect(await createModelCache(folder, 'blocks of 8').recall(model)).toBeUndefined()
})

test('the first to write an entry decides, and leaves no draft', async () => {
  await remember(model, 'first')
  await remember(model, 'second')
  expect(await recalled(model)).toBe('first')
  expect(await entries()).toHaveLength(1)
})

test.each([
  [
    'damaged',
    async (file: string) => {
      await writeFile(file, (await readFile(file)).fill(0, 0, 1))
    },
  ],
  ['half-written', (file: string) => truncate(file, 20)],
  ['empty', (file: string) => truncate(file, 0)],
])('an entry that is %s counts as none and is replaced', async (_, harm) => {
  await remember(model, 'first')
  const [file] = await entries()
  await harm(file!)
  expect(await recalled(model)).toBeUndefined()
  await remember(model, 'second')
  expect(await recalled(model)).toBe('second')
})

test(`an entry that lies under another's name counts as none`, async () => {
  await remember(model, 'optimised')
  const [file] = await entries()
  await remember(another, 'something else')
  const [other] = (await entries()).filter((name) => name !== file)
  await copyFile(other!, file!)
  expect(await recalled(model)).toBeUndefined()
})

test('nothing is kept of an optimisation that fails', async () => {
  const failing = cache.remember(model, async (file): Promise<string> => {
    await writeFile(file, 'half')
    throw new Error('no memory')
  })
  expect(await failing).toBeUndefined()
  expect(await entries()).toEqual([])
})

test('where nothing can be written nothing is remembered', async () => {
  await writeFile(path.join(folder, 'models'), 'a file')
  expect(await remember(model, 'optimised')).toBeUndefined()
  expect(await recalled(model)).toBeUndefined()
})

test("the folder is the owner's alone", async () => {
  await remember(model, 'optimised')
  const { mode } = await stat(path.join(folder, 'models'))
  expect(mode & 0o077).toBe(0)
})

test('beyond its bound the folder loses what was not used for longest', async () => {
  const large = async (file: string): Promise<void> => {
    await writeFile(file, '')
    await truncate(file, 100 * 2 ** 20)
  }
  const names = ['a', 'b', 'c'].map((name) => new TextEncoder().encode(name))
  await cache.remember(names[0]!, large)
  await cache.remember(names[1]!, large)
  await cache.recall(names[0]!)
  await cache.remember(names[2]!, large)
  expect(await cache.recall(names[0]!)).toBeDefined()
  expect(await cache.recall(names[1]!)).toBeUndefined()
  expect(await cache.recall(names[2]!)).toBeDefined()
})
