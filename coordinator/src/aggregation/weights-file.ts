/**
 * A canonical safetensors file read as what aggregation sees: a header, then one flat vector of float32. Admission
 * makes sure that every update lists the model's tensors in the model's order, so coordinate i means the same in all.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { floatsFromBytes } from '@consilium/weights'
import { BlobCorruptError } from '../errors.ts'

export interface WeightsFile {
  /** Everything before the values. */
  header(): Promise<Uint8Array>
  /** The next `count` values, in order. */
  next(count: number): Promise<Float32Array>
  /** Throws BLOB_CORRUPT unless what was read, which must be all, has its digest. */
  verify(): void
  close(): Promise<void>
}

/** `parameters`: values at the end of the file. Read the header first, then all values: the digest is taken on the way. */
export async function openWeightsFile(
  path: string,
  { sha256, parameters }: { sha256: string; parameters: number },
): Promise<WeightsFile> {
  const file = await open(path)
  const hash = createHash('sha256')
  const read = async (bytes: number): Promise<Uint8Array> => {
    const buffer = Buffer.allocUnsafe(bytes)
    let filled = 0
    while (filled < bytes) {
      const { bytesRead } = await file.read(buffer, filled, bytes - filled, null)
      if (bytesRead === 0) throw new BlobCorruptError(sha256)
      filled += bytesRead
    }
    hash.update(buffer)
    return buffer
  }
  return {
    async header() {
      const { size } = await file.stat()
      if (size < 4 * parameters) throw new BlobCorruptError(sha256)
      return read(size - 4 * parameters)
    },
    next: async (count) => floatsFromBytes(await read(4 * count)),
    verify() {
      if (hash.digest('hex') !== sha256) throw new BlobCorruptError(sha256)
    },
    close: () => file.close(),
  }
}
