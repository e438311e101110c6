import { createHash } from 'node:crypto'
import type { Blob } from './blob-store.ts'
import { writeChunks } from './durable-file.ts'

/** Writes the chunks to a new file and tells what they are; leaves no file if they fail to come. */
export async function writeMeasured(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Blob> {
  const hash = createHash('sha256')
  let bytes = 0
  const measured = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  await writeChunks(path, measured())
  return { sha256: hash.digest('hex'), bytes }
}
