import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { moveDurably, writeChunks } from '../blobs/durable-file.ts'

/** Copies a file durably, for its owner only, and measures what went through. The folder is made where it is missing. */
export async function copyFile(
  source: string,
  target: string,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  const measured = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(source)) {
      hash.update(chunk as Uint8Array)
      bytes += (chunk as Uint8Array).length
      yield chunk as Uint8Array
    }
  }
  const partial = `${target}.partial`
  await mkdir(dirname(target), { recursive: true })
  await writeChunks(partial, measured())
  await chmod(partial, 0o600)
  await moveDurably(partial, target)
  return { bytes, sha256: hash.digest('hex') }
}
