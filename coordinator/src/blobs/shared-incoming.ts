/**
 * Incoming updates where several coordinators reach them: every part is an object of its own,
 * `incoming/<site>/<digest>/…`, put there whole and, if it is a chunk, checked. Whichever coordinator the parts reach, what
 * is held is what is listed.
 */
import { createHash } from 'node:crypto'
import { UploadError } from '../errors.ts'
import type { Chunks, Incoming, IncomingUpdate, OpenIncoming } from './incoming.ts'
import type { Objects } from './objects.ts'
import { writeMeasured } from './write-measured.ts'

/** Parts of all sites that are in memory at a time; senders of more wait. */
const PARTS_AT_ONCE = 32

/** `temporaryPath`: of a file that is to hold a whole update. */
export function createSharedIncoming(objects: Objects, temporaryPath: () => string): OpenIncoming {
  const inTurn = createSlots(PARTS_AT_ONCE)
  return async (update) => {
    if (update.continued !== true) await removeOthers(objects, update)
    const incoming = sharedIncoming(objects, update, temporaryPath)
    return {
      ...incoming,
      append: (offset, bytes) => inTurn(() => incoming.append(offset, bytes)),
      writeChunk: (index, bytes) => inTurn(() => incoming.writeChunk(index, bytes)),
    }
  }
}

const folderOf = ({ site, digest }: IncomingUpdate): string => `incoming/${site}/${digest}/`

async function removeOthers(objects: Objects, update: IncomingUpdate): Promise<void> {
  for (const key of await objects.list(`incoming/${update.site}/`))
    if (!key.startsWith(folderOf(update))) await objects.remove(key)
}

function sharedIncoming(
  objects: Objects,
  update: IncomingUpdate,
  temporaryPath: () => string,
): Incoming {
  const folder = folderOf(update)
  const list = async (): Promise<readonly string[]> =>
    (await objects.list(folder)).map((key) => key.slice(folder.length))
  return {
    size: async () => piecesFrom(await list()).end,
    async append(offset, bytes) {
      const { taken, failure } = await take(bytes)
      if (taken.length > 0) await objects.put(folder + pieceName(offset, taken.length), taken)
      if (failure !== undefined) throw failure
    },
    heldChunks: async () => new Set((await list()).flatMap(indexIn)),
    async writeChunk(index, bytes) {
      const { taken, failure } = await take(bytes)
      if (failure !== undefined) throw failure
      const fits = createHash('sha256')
        .update(taken)
        .digest()
        .equals(chunkDigest(update.chunks, index))
      if (fits) await objects.put(folder + chunkName(index), taken)
      return fits
    },
    async file() {
      const held = await list()
      const names =
        update.chunks === undefined
          ? piecesFrom(held).names
          : update.chunks.sha256.map((_, i) => chunkName(i))
      const path = temporaryPath()
      await writeMeasured(
        path,
        contentsOf(
          objects,
          names.map((name) => folder + name),
        ),
      )
      return path
    },
    async remove() {
      for (const name of await list()) await objects.remove(folder + name)
    },
  }
}

const chunkName = (index: number): string => `chunk-${String(index).padStart(9, '0')}`

const indexIn = (name: string): readonly number[] =>
  name.startsWith('chunk-') ? [Number(name.slice('chunk-'.length))] : []

/** In order of its offset. */
const pieceName = (offset: number, length: number): string =>
  `piece-${String(offset).padStart(15, '0')}-${length}`

/** The pieces that follow each other from the beginning on. */
function piecesFrom(held: readonly string[]): { names: readonly string[]; end: number } {
  const names: string[] = []
  let end = 0
  for (const name of held) {
    const [, offset, length] = /^piece-(\d+)-(\d+)$/.exec(name) ?? []
    if (Number(offset) !== end) continue
    names.push(name)
    end += Number(length)
  }
  return { names, end }
}

/** Everything, or what came before it broke off and why it did. */
async function take(
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly taken: Uint8Array; readonly failure?: Error }> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of bytes) pieces.push(piece.slice())
    return { taken: Buffer.concat(pieces) }
  } catch (failure) {
    return { taken: Buffer.concat(pieces), failure: failure as Error }
  }
}

async function* contentsOf(objects: Objects, keys: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const key of keys) {
    const bytes = await objects.get(key)
    if (bytes === undefined) throw gone()
    yield* bytes
  }
}

/** Another coordinator has taken or refused the update meanwhile. */
const gone = (): UploadError =>
  new UploadError({
    code: 'UPDATE_INCOMPLETE',
    message: 'Parts of the update are not held any more. Offer it again and send what is missing.',
  })

function chunkDigest(chunks: Chunks | undefined, index: number): Uint8Array {
  const digest = chunks?.sha256[index]
  if (digest === undefined) throw new Error('internal: the update was opened without chunks')
  return digest
}

type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** Lets so many pieces of work run at a time. */
function createSlots(count: number): InTurn {
  const waiting: (() => void)[] = []
  let free = count
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
