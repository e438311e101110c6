/**
 * Models as ONNX Runtime's optimiser leaves them, on disk, so that the next start need not optimise them again. A model is
 * found by its own bytes: a program, an engine or an option that is another writes another model and finds nothing old.
 *
 * Each entry is the optimised model and a SHA-256 of its key and its bytes; one that is damaged, half-written, or lies under
 * another's name counts as none. The first to write an entry decides. What was not used for longest goes first.
 */
import { createHash, randomUUID } from 'node:crypto'
import { appendFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { machineKey } from './machine-key.ts'
import { publishFile } from './publish-file.ts'

/** Models of some forty R50x1-sized steps. */
const MAX_OPTIMISED_MODELS_BYTES = 256 * 2 ** 20

const DIGEST_LENGTH = 32

export interface ModelCache {
  /** The optimised form of a model, if it is known on this machine. */
  recall(model: Uint8Array): Promise<Uint8Array | undefined>
  /**
   * Keeps what `optimise` writes to the file it is given, and returns what it returns; undefined where nothing can be
   * written, or where it fails.
   */
  remember<T>(model: Uint8Array, optimise: (file: string) => Promise<T>): Promise<T | undefined>
}

export const noModelCache: ModelCache = {
  recall: () => Promise.resolve(undefined),
  remember: () => Promise.resolve(undefined),
}

/** In `folder`/models. `setting` is what optimising depends on besides the model, the machine and ONNX Runtime. */
export function createModelCache(folder: string, setting: string): ModelCache {
  const models = path.join(folder, 'models')
  const keyOf = (model: Uint8Array): string =>
    createHash('sha256').update(`${machineKey()}\n${setting}\n`).update(model).digest('hex')
  const fileOf = (key: string): string => path.join(models, `${key}.model`)
  return {
    async recall(model) {
      const key = keyOf(model)
      const known = await readEntry(fileOf(key), key)
      if (known !== undefined) await touch(fileOf(key))
      return known
    },
    async remember(model, optimise) {
      const key = keyOf(model)
      const draft = `${fileOf(key)}.${randomUUID()}`
      try {
        await mkdir(models, { recursive: true, mode: 0o700 })
        await writeFile(draft, '', { mode: 0o600 })
        const result = await optimise(draft)
        await keep(draft, { file: fileOf(key), key })
        return result
      } catch {
        return undefined
      } finally {
        await rm(draft, { force: true }).catch(() => undefined)
      }
    },
  }
}

/** A failure is no error: the model is optimised again at the next start. */
async function keep(draft: string, { file, key }: { file: string; key: string }): Promise<void> {
  try {
    await appendFile(draft, entryDigest(key, await readFile(draft)))
    await publishFile(draft, file, async () => (await readEntry(file, key)) !== undefined)
    await removeOldest(path.dirname(file))
  } catch {
    return
  }
}

const entryDigest = (key: string, model: Uint8Array): Buffer =>
  createHash('sha256').update(key).update(model).digest()

async function readEntry(file: string, key: string): Promise<Uint8Array | undefined> {
  try {
    const entry = await readFile(file)
    const model = entry.subarray(0, -DIGEST_LENGTH)
    return entry.subarray(-DIGEST_LENGTH).equals(entryDigest(key, model)) ? model : undefined
  } catch {
    return undefined
  }
}

/** Says that an entry is in use. */
const touch = (file: string): Promise<void> => {
  const now = new Date()
  return utimes(file, now, now).catch(() => undefined)
}

/** Keeps the folder within its bound, drafts that a crash left behind included. */
async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder)
  const found = names.map(async (name) => {
    const file = path.join(folder, name)
    const { size, mtimeMs } = await stat(file)
    return { file, size, mtimeMs }
  })
  // One that is gone by now was somebody's draft.
  const files = (await Promise.allSettled(found)).flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  )
  let total = 0
  for (const { file, size } of files.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    total += size
    if (total > MAX_OPTIMISED_MODELS_BYTES) await rm(file, { force: true })
  }
}
