/** Files that are there complete or not at all, also after a power cut. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Syncs `path` and gives it the name `target`, in a folder that is made where it is missing. */
export async function moveDurably(path: string, target: string): Promise<void> {
  await makeFolder(dirname(target))
  await syncPath(path)
  await rename(path, target)
  await syncPath(dirname(target))
}

/** Writes a small file in one go. `mode` as in chmod. */
export async function writeDurably(target: string, text: string, mode: number): Promise<void> {
  const temporary = join(dirname(target), `.${randomUUID()}`)
  const file = await open(temporary, 'wx', mode)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
  await moveDurably(temporary, target)
}

/** Writes the chunks to a new file; removes it if they fail to come. */
export async function writeChunks(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const file = await open(path, 'wx')
  try {
    for await (const chunk of chunks) await writeAll(file, chunk)
  } catch (error) {
    await rm(path)
    throw error
  } finally {
    await file.close()
  }
}

/** Answers with the position after the last byte. */
export async function writeAllAt(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
  return position + bytes.length
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0
  while (written < chunk.length) {
    written += (await file.write(chunk, written)).bytesWritten
  }
}

/** A new folder is there for good when its parent is synced. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await syncPath(dirname(made))
  }
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
